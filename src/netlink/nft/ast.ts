/**
 * The vocabulary of a change to nf_tables: tables, chains, sets, rules as typed values, and the transaction that
 * carries them. Two printers give it a meaning: `text.ts` (nft syntax) and `encode.ts` (netlink bytes).
 */

import type { DataType, StatefulStatement, Statement, Verdict } from './ast-statements.js';

export type * from './ast-statements.js';

export type Family = 'ip' | 'ip6' | 'inet' | 'netdev';

export interface TableName {
  readonly family: Family;
  readonly name: string;
}

export interface BaseHook {
  readonly type: 'filter' | 'nat' | 'route';
  readonly hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting' | 'ingress' | 'egress';
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
  /** Netdev chains only. */
  readonly devices?: readonly string[];
}

export interface ChainSpec {
  readonly name: string;
  readonly hook?: BaseHook;
}

export interface SetSpec {
  readonly name: string;
  readonly key: readonly DataType[];
  /** Present: a map. `verdict`: a verdict map. */
  readonly data?: readonly DataType[] | 'verdict';
  /** `timeout`: elements may expire. `dynamic`: rules may add elements. `interval`: ranges. `constant` is never used: everything is data. */
  readonly flags?: readonly ('timeout' | 'dynamic' | 'interval')[];
  /** Default lifetime of an element. */
  readonly timeoutMs?: number;
  /** Most elements it can take. */
  readonly size?: number;
  /** Modulus for printing a key part of type `integer` as `numgen inc mod N`. */
  readonly modulus?: number;
  readonly comment?: string;
  /**
   * What every element carries with a state of its own, in this order; an element without `statements` starts with a copy. Without `dynamic`
   * a `size` makes the kernel refuse them (EOPNOTSUPP), and so does `timeout` together with `ct-count`.
   */
  readonly statements?: readonly StatefulStatement[];
}

/** What a counter has counted; exact up to 2^53. */
export interface Counted {
  readonly packets: number;
  readonly bytes: number;
}

/**
 * An element in the kernel's own form: key and data are the concatenated registers, each part padded to a multiple of four bytes.
 * Lifetimes are durations; `expiresMs` is what remained when it was read.
 */
export interface ElementBytes {
  readonly key: Uint8Array;
  /** The last key of a range, in sets with the flag `interval`: one value, or a bound for every part of a concatenation. */
  readonly keyEnd?: Uint8Array;
  readonly data?: Uint8Array | Verdict;
  readonly timeoutMs?: number;
  readonly expiresMs?: number;
  readonly comment?: string;
  /** Evaluated for a packet that finds the element: in number and kinds those of the set, where it declares any; values are its own. */
  readonly statements?: readonly StatefulStatement[];
  /** What the `counter` among `statements` has counted; when written, what it starts from. */
  readonly counter?: Counted;
}

/** Elements in order: an array, or a packed list that makes each one when it is asked for. */
export interface ElementList extends Iterable<ElementBytes> {
  readonly length: number;
  at(index: number): ElementBytes | undefined;
  /** Key and data of each element one after the other, in register form: what the encoder copies without making objects. */
  readonly packed?: {
    readonly bytes: Uint8Array;
    readonly keyBytes: number;
    readonly dataBytes: number;
    /** Lifetimes by index, where elements have them: full, and left. */
    readonly timeoutMs?: Uint32Array;
    readonly expiresMs?: Uint32Array;
  };
}

export type ObjectSpec =
  | ({ readonly type: 'counter'; readonly name: string } & Partial<Counted>)
  /** `ct helper x { type "ftp" protocol tcp; l3proto ip; }`: given to connections by a rule. */
  | {
      readonly type: 'ct helper';
      readonly name: string;
      readonly helper: string;
      readonly protocol: 'tcp' | 'udp';
      /** In a table of family inet which one; elsewhere the table's own. */
      readonly layer3: 'ip' | 'ip6';
    };

/** A named counter as read. */
export interface NamedCounter extends Counted {
  readonly name: string;
}

/** A software path past the hooks for established connections; it hooks ingress of its devices. */
export interface FlowtableSpec {
  readonly name: string;
  readonly priority: number;
  readonly devices: readonly string[];
}

export interface RuleSpec {
  readonly chain: string;
  readonly statements: readonly Statement[];
  readonly comment?: string;
}

export type Operation =
  /** Creates it if it is not there. `owner` adds NFT_TABLE_F_OWNER | NFT_TABLE_F_PERSIST (kernel ≥ 6.9). */
  | { readonly op: 'add-table'; readonly table: TableName; readonly owner?: boolean }
  /** `destroy`: no error if it is not there. */
  | { readonly op: 'delete-table'; readonly table: TableName; readonly destroy?: boolean }
  | { readonly op: 'add-chain'; readonly table: TableName; readonly chain: ChainSpec }
  | { readonly op: 'flush-chain' | 'delete-chain'; readonly table: TableName; readonly chain: string }
  | { readonly op: 'add-rule'; readonly table: TableName; readonly rule: RuleSpec }
  | { readonly op: 'add-set'; readonly table: TableName; readonly set: SetSpec }
  | { readonly op: 'delete-set'; readonly table: TableName; readonly set: string }
  | { readonly op: 'flush-set'; readonly table: TableName; readonly set: string }
  | { readonly op: 'add-object'; readonly table: TableName; readonly object: ObjectSpec }
  /** Refused with `kernel-busy` while a rule refers to it. */
  | {
      readonly op: 'delete-object';
      readonly table: TableName;
      readonly object: Pick<ObjectSpec, 'type' | 'name'>;
    }
  | { readonly op: 'add-flowtable'; readonly table: TableName; readonly flowtable: FlowtableSpec }
  | { readonly op: 'delete-flowtable'; readonly table: TableName; readonly flowtable: string }
  /** `create: true` fails with `kernel-exists` when an element is already there. */
  | {
      readonly op: 'add-elements';
      readonly table: TableName;
      readonly set: SetSpec;
      readonly elements: ElementList;
      readonly create?: boolean;
    }
  /** Removes what is there of them and passes over the rest (NFT_MSG_DESTROYSETELEM, kernel ≥ 6.3). */
  | {
      readonly op: 'destroy-elements';
      readonly table: TableName;
      readonly set: SetSpec;
      readonly elements: ElementList;
    }
  /** Fails whole with `kernel-missing` when one is not there or has expired: the compare of a compare-and-swap. */
  | {
      readonly op: 'delete-elements';
      readonly table: TableName;
      readonly set: SetSpec;
      readonly elements: ElementList;
    };

/** One atomic change, with the reason that is logged beside it. */
export interface Transaction {
  readonly reason: string;
  readonly operations: readonly Operation[];
}

/** What `Nft.readTable` finds. Rules are known by chain and comment; elements are dumped apart. */
export interface NftTable {
  readonly table: TableName;
  readonly owned: boolean;
  readonly chains: readonly {
    readonly name: string;
    readonly hook?: string;
    readonly ruleComments: readonly string[];
  }[];
  readonly sets: readonly {
    readonly name: string;
    readonly keyBytes: number;
    readonly dataBytes: number;
    /** Most elements, and how many there are, as far as the kernel says. */
    readonly size?: number;
    readonly entries?: number;
  }[];
  readonly objects: readonly Pick<ObjectSpec, 'type' | 'name'>[];
  /** Names. */
  readonly flowtables: readonly string[];
}
