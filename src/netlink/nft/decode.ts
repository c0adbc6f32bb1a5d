/** What the kernel sends back of nf_tables: elements, tables, chains, sets, rule comments, and the notes about changes. */

import {
  align4,
  eachAttribute,
  lyingLength,
  NLA_TYPE_MASK,
  type Received,
  readString,
  readU32Be,
  readU64Be,
} from '../attributes.js';
import type { ElementBytes, TableName, Verdict } from './ast.js';
import { type ReadStatements, readStateful, readStatefulList } from './decode-stateful.js';
import { familyByNumber, NFT_SET_ELEM_INTERVAL_END, verdictCode } from './numbers.js';

/** struct nfgenmsg before the attributes. */
const nfgenBytes = 4;

const verdictKindByCode = new Map<number, Verdict['kind']>(
  Object.entries(verdictCode).map(([kind, code]) => [code, kind as Verdict['kind']]),
);

const readVerdict = (received: Received, from: number, to: number): Verdict | undefined => {
  let code = 0;
  let chain = '';
  eachAttribute(received.view, from, to, (type, start, end) => {
    if (type === 1) code = readU32Be(received.view, start, end) | 0;
    if (type === 2) chain = readString(received.bytes, start, end);
  });
  const kind = verdictKindByCode.get(code);
  if (!kind) return undefined;
  return kind === 'jump' || kind === 'goto' ? { kind, chain } : { kind };
};

/** NFTA_DATA_VALUE or NFTA_DATA_VERDICT, copied out of the receive buffer. */
const readData = (received: Received, from: number, to: number): Uint8Array | Verdict | undefined => {
  const { view, bytes } = received;
  if (to - from < 4) return undefined;
  const length = view.getUint16(from, true);
  const type = view.getUint16(from + 2, true) & NLA_TYPE_MASK;
  if (length < 4 || from + length > to) throw lyingLength(length, from, to);
  if (type === 1) return bytes.slice(from + 4, from + length);
  return type === 2 ? readVerdict(received, from + 4, from + length) : undefined;
};

/** libnftnl user data: the text of the entry with this type. */
const readUserdata = (received: Received, from: number, to: number, wanted: number): string | undefined => {
  let at = from;
  while (at + 2 <= to) {
    const length = received.bytes[at + 1]!;
    if (at + 2 + length > to) return undefined;
    if (received.bytes[at] === wanted) {
      return new TextDecoder().decode(received.bytes.subarray(at + 2, at + 2 + Math.max(0, length - 1)));
    }
    at += 2 + length;
  }
  return undefined;
};

/** An element as dumped; `intervalEnd` marks the first address behind a range, and is absent elsewhere. */
export interface DumpedElement extends ElementBytes {
  readonly intervalEnd?: true;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const compareBytes = (a: Uint8Array, b: Uint8Array): number => {
  for (let index = 0; index < a.length; index++) {
    const difference = a[index]! - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

const addStatements = (element: Mutable<Partial<DumpedElement>>, read: ReadStatements): void => {
  element.statements = read.statements;
  if (read.counter) element.counter = read.counter;
};

/** Walked by hand, without a closure per element: dumps have hundreds of thousands. */
const readElement = (received: Received, from: number, to: number): DumpedElement | undefined => {
  const element: Mutable<Partial<DumpedElement>> = {};
  const { view } = received;
  let at = from;
  while (at + 4 <= to) {
    const length = view.getUint16(at, true);
    const type = view.getUint16(at + 2, true) & NLA_TYPE_MASK;
    const start = at + 4;
    const end = at + length;
    if (length < 4 || end > to) throw lyingLength(length, at, to);
    if (type === 1 || type === 10) {
      const key = readData(received, start, end);
      if (key instanceof Uint8Array) {
        if (type === 1) element.key = key;
        else element.keyEnd = key;
      }
    } else if (type === 2) {
      const data = readData(received, start, end);
      if (data !== undefined) element.data = data;
    } else if (type === 3) {
      if ((readU32Be(view, start, end) & NFT_SET_ELEM_INTERVAL_END) !== 0) element.intervalEnd = true;
    } else if (type === 7) addStatements(element, readStateful(received, start, end));
    else if (type === 11) addStatements(element, readStatefulList(received, start, end));
    else if (type === 4) element.timeoutMs = readU64Be(view, start, end);
    else if (type === 5) element.expiresMs = readU64Be(view, start, end);
    else if (type === 6) {
      const comment = readUserdata(received, start, end, 0);
      if (comment !== undefined) element.comment = comment;
    }
    at += align4(length);
  }
  // A concatenation that is no range is dumped as one from itself to itself.
  if (element.key && element.keyEnd && compareBytes(element.key, element.keyEnd) === 0) delete element.keyEnd;
  return element.key ? (element as DumpedElement) : undefined;
};

/** Appends the elements of one NFT_MSG_NEWSETELEM message (payload range, nfgenmsg included). */
export const readElements = (received: Received, from: number, to: number, into: DumpedElement[]): void => {
  eachAttribute(received.view, from + nfgenBytes, to, (type, listStart, listEnd) => {
    if (type !== 3) return;
    eachAttribute(received.view, listStart, listEnd, (_, start, end) => {
      const element = readElement(received, start, end);
      if (element) into.push(element);
    });
  });
};

const predecessor = (bytes: Uint8Array): Uint8Array => {
  const before = bytes.slice();
  for (let index = before.length - 1; index >= 0; index--) {
    before[index] = (before[index]! - 1) & 0xff;
    if (before[index] !== 0xff) break;
  }
  return before;
};

/** The pairs of a single-key interval set as elements with `keyEnd`, the way the model knows them. */
export const joinIntervals = (dumped: readonly DumpedElement[]): ElementBytes[] => {
  const sorted = [...dumped].sort(
    // Where one range ends at the start of the next, the end comes first.
    (a, b) => compareBytes(a.key, b.key) || Number(b.intervalEnd ?? 0) - Number(a.intervalEnd ?? 0),
  );
  const joined: ElementBytes[] = [];
  let open: ElementBytes | undefined;
  const close = (keyEnd: Uint8Array): void => {
    if (open) joined.push(compareBytes(open.key, keyEnd) === 0 ? open : { ...open, keyEnd });
    open = undefined;
  };
  for (const element of sorted) {
    if (element.intervalEnd) close(predecessor(element.key));
    else {
      if (open) close(predecessor(element.key));
      open = element;
    }
  }
  if (open) close(new Uint8Array(open.key.length).fill(0xff));
  return joined;
};

export interface TableFacts {
  readonly flags: number;
  readonly owner: number | undefined;
}

export const readTableFacts = (received: Received, from: number, to: number): TableFacts => {
  let flags = 0;
  let owner: number | undefined;
  eachAttribute(received.view, from + nfgenBytes, to, (type, start, end) => {
    if (type === 2) flags = readU32Be(received.view, start, end);
    if (type === 7) owner = readU32Be(received.view, start, end);
  });
  return { flags, owner };
};

export interface ChainFacts {
  readonly table: string;
  readonly name: string;
  readonly type: string | undefined;
  readonly hook: number | undefined;
}

export const readChainFacts = (received: Received, from: number, to: number): ChainFacts => {
  const { view, bytes } = received;
  let table = '';
  let name = '';
  let type: string | undefined;
  let hook: number | undefined;
  eachAttribute(view, from + nfgenBytes, to, (attribute, start, end) => {
    if (attribute === 1) table = readString(bytes, start, end);
    if (attribute === 3) name = readString(bytes, start, end);
    if (attribute === 7) type = readString(bytes, start, end);
    if (attribute === 4) {
      eachAttribute(view, start, end, (nested, from2, to2) => {
        if (nested === 1) hook = readU32Be(view, from2, to2);
      });
    }
  });
  return { table, name, type, hook };
};

export interface SetFacts {
  readonly table: string;
  readonly name: string;
  readonly keyBytes: number;
  readonly dataBytes: number;
  readonly flags: number;
  /** Default lifetime of its elements. */
  readonly timeoutMs: number | undefined;
  /** NFTA_SET_DESC_SIZE; undefined: no bound. */
  readonly size: number | undefined;
  /** NFTA_SET_COUNT, of kernels that tell: expired elements count until the kernel has removed them. */
  readonly entries: number | undefined;
}

export const readSetFacts = (received: Received, from: number, to: number): SetFacts => {
  const facts = {
    table: '',
    name: '',
    keyBytes: 0,
    dataBytes: 0,
    flags: 0,
    timeoutMs: undefined as number | undefined,
    size: undefined as number | undefined,
    entries: undefined as number | undefined,
  };
  eachAttribute(received.view, from + nfgenBytes, to, (type, start, end) => {
    if (type === 1) facts.table = readString(received.bytes, start, end);
    if (type === 2) facts.name = readString(received.bytes, start, end);
    if (type === 3) facts.flags = readU32Be(received.view, start, end);
    if (type === 11) facts.timeoutMs = readU64Be(received.view, start, end);
    if (type === 5) facts.keyBytes = readU32Be(received.view, start, end);
    if (type === 7) facts.dataBytes = readU32Be(received.view, start, end);
    if (type === 20) facts.entries = readU32Be(received.view, start, end);
    if (type === 9) {
      eachAttribute(received.view, start, end, (part, first, last) => {
        if (part === 1) facts.size = readU32Be(received.view, first, last);
      });
    }
  });
  return facts;
};

export interface RuleFacts {
  readonly table: string;
  readonly chain: string;
  readonly comment: string;
}

export const readRuleFacts = (received: Received, from: number, to: number): RuleFacts => {
  const facts = { table: '', chain: '', comment: '' };
  eachAttribute(received.view, from + nfgenBytes, to, (type, start, end) => {
    if (type === 1) facts.table = readString(received.bytes, start, end);
    if (type === 2) facts.chain = readString(received.bytes, start, end);
    if (type === 7) facts.comment = readUserdata(received, start, end, 0) ?? '';
  });
  return facts;
};

/** Of objects and flowtables: the first three attributes. */
export const readNamed = (
  received: Received,
  from: number,
  to: number,
): { readonly table: string; readonly name: string; readonly type: number } => {
  const facts = { table: '', name: '', type: 0 };
  eachAttribute(received.view, from + nfgenBytes, to, (attribute, start, end) => {
    if (attribute === 1) facts.table = readString(received.bytes, start, end);
    if (attribute === 2) facts.name = readString(received.bytes, start, end);
    if (attribute === 3) facts.type = readU32Be(received.view, start, end);
  });
  return facts;
};

/** The table and the object a notification is about: in every nf_tables message attribute 1 names the table. */
export const readSubject = (
  received: Received,
  from: number,
  to: number,
): { table: TableName | undefined; object: string } => {
  let name = '';
  let object = '';
  eachAttribute(received.view, from + nfgenBytes, to, (type, start, end) => {
    if (type === 1) name = readString(received.bytes, start, end);
    // NFTA_SET_NAME, NFTA_RULE_CHAIN, NFTA_SET_ELEM_LIST_SET are 2, NFTA_CHAIN_NAME is 3.
    if ((type === 2 || type === 3) && object === '' && end - start > 0 && end - start <= 256) {
      object = readString(received.bytes, start, end);
    }
  });
  const family = familyByNumber[received.bytes[from] ?? 0];
  return { table: family && name ? { family, name } : undefined, object };
};

/** Who ended a generation: NFTA_GEN_PROC_PID and NFTA_GEN_PROC_NAME. */
export const readGeneration = (
  received: Received,
  from: number,
  to: number,
): { process: number; processName: string } => {
  let process = 0;
  let processName = '';
  eachAttribute(received.view, from + nfgenBytes, to, (type, start, end) => {
    if (type === 2) process = readU32Be(received.view, start, end);
    if (type === 3) processName = readString(received.bytes, start, end);
  });
  return { process, processName };
};
