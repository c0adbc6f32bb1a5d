/** An Nft in memory that behaves like the kernel: atomic, EEXIST and ENOENT, references, timeouts by an injected clock. */

import { type ErrorCode, RelevoError } from '../../src/errors.js';
import type {
  ElementBytes,
  ObjectSpec,
  Operation,
  RuleSpec,
  SetSpec,
  Statement,
  TableName,
  Transaction,
} from '../../src/netlink/nft/ast.js';
import { typesBytes } from '../../src/netlink/nft/fields.js';
import { operationText } from '../../src/netlink/nft/text.js';
import type { Clock, ForeignChange, Nft } from '../../src/ports.js';

interface FakeElement {
  readonly element: ElementBytes;
  readonly expiresAtMs: number | undefined;
}

interface FakeTable {
  readonly name: TableName;
  owned: boolean;
  readonly chains: Map<string, { hook: string | undefined; rules: RuleSpec[] }>;
  readonly sets: Map<string, { spec: SetSpec; elements: Map<string, FakeElement> }>;
  /** By type and name; flowtables among them. */
  readonly objects: Map<string, ObjectSpec | undefined>;
}

type State = Map<string, FakeTable>;

export interface FakeNft extends Nft {
  /** Every transaction that was accepted, in order. */
  readonly committed: readonly Transaction[];
  /** What somebody else commits: applied, and told to the listeners. */
  foreign(...operations: Operation[]): void;
  /** What a packet writes: no transaction, no notice. */
  packet(table: TableName, set: SetSpec, element: ElementBytes): void;
  /** The next commit is refused with this error, after `accepted` further ones. */
  refuse(error: RelevoError, accepted?: number): void;
}

const idOf = (table: TableName): string => `${table.family} ${table.name}`;
const keyOf = (bytes: Uint8Array): string => bytes.join('.');

const copy = (state: State): State =>
  new Map(
    [...state].map(([id, table]) => [
      id,
      {
        ...table,
        chains: new Map(
          [...table.chains].map(([name, chain]) => [name, { ...chain, rules: [...chain.rules] }]),
        ),
        sets: new Map(
          [...table.sets].map(([name, set]) => [name, { ...set, elements: new Map(set.elements) }]),
        ),
        objects: new Map(table.objects),
      },
    ]),
  );

const chainOf = (statement: Statement): string | undefined =>
  statement.kind === 'verdict' && 'chain' in statement.verdict ? statement.verdict.chain : undefined;

const setOf = (statement: Statement): string | undefined =>
  'set' in statement ? statement.set : 'map' in statement ? statement.map : undefined;

const objectId = (type: string, name: string): string => `${type} ${name}`;

const objectOf = (statement: Statement): string | undefined => {
  if (statement.kind === 'object') return objectId(statement.type, statement.name);
  return statement.kind === 'flow-add' ? objectId('flowtable', statement.flowtable) : undefined;
};

const sameData = (a: ElementBytes['data'], b: ElementBytes['data']): boolean =>
  JSON.stringify(a instanceof Uint8Array ? [...a] : a) ===
  JSON.stringify(b instanceof Uint8Array ? [...b] : b);

const applyOperation = (state: State, operation: Operation, nowMs: number): void => {
  const fail = (code: ErrorCode): never => {
    throw new RelevoError(code, operationText(operation), { op: operation.op });
  };
  const id = idOf(operation.table);
  if (operation.op === 'add-table') {
    const table = state.get(id);
    if (table && operation.owner && !table.owned) fail('unsupported');
    if (!table) {
      state.set(id, {
        name: operation.table,
        owned: operation.owner === true,
        chains: new Map(),
        sets: new Map(),
        objects: new Map(),
      });
    }
    return;
  }
  if (operation.op === 'delete-table') {
    if (!state.delete(id) && !operation.destroy) fail('kernel-missing');
    return;
  }
  const table = state.get(id) ?? fail('kernel-missing');
  const allStatements = (): Statement[] =>
    [...table.chains.values()].flatMap((chain) => chain.rules.flatMap((rule) => rule.statements));
  const chain = (name: string) => table.chains.get(name) ?? fail('kernel-missing');
  const set = (name: string) => table.sets.get(name) ?? fail('kernel-missing');
  const lives = ({ expiresAtMs }: FakeElement): boolean => expiresAtMs === undefined || expiresAtMs > nowMs;
  switch (operation.op) {
    case 'add-chain': {
      const { name, hook } = operation.chain;
      const found = table.chains.get(name);
      if (found && (found.hook === undefined) !== (hook === undefined)) fail('unsupported');
      if (!found) table.chains.set(name, { hook: hook?.hook, rules: [] });
      return;
    }
    case 'flush-chain':
      chain(operation.chain).rules.length = 0;
      return;
    case 'delete-chain': {
      chain(operation.chain);
      const byElement = [...table.sets.values()].some(({ elements }) =>
        [...elements.values()].some(
          ({ element: { data } }) =>
            data && 'kind' in data && 'chain' in data && data.chain === operation.chain,
        ),
      );
      table.chains.get(operation.chain)!.rules.length = 0;
      if (byElement || allStatements().some((one) => chainOf(one) === operation.chain)) fail('kernel-busy');
      table.chains.delete(operation.chain);
      return;
    }
    case 'add-rule': {
      for (const statement of operation.rule.statements) {
        const target = chainOf(statement);
        if (target !== undefined) chain(target);
        const name = setOf(statement);
        if (name !== undefined) set(name);
        const object = objectOf(statement);
        if (object !== undefined && !table.objects.has(object)) fail('kernel-missing');
      }
      chain(operation.rule.chain).rules.push(operation.rule);
      return;
    }
    case 'add-set':
      if (!table.sets.has(operation.set.name)) {
        table.sets.set(operation.set.name, { spec: operation.set, elements: new Map() });
      }
      return;
    case 'delete-set':
      set(operation.set);
      if (allStatements().some((one) => setOf(one) === operation.set)) fail('kernel-busy');
      table.sets.delete(operation.set);
      return;
    case 'flush-set':
      set(operation.set).elements.clear();
      return;
    case 'add-object': {
      const wanted = objectId(operation.object.type, operation.object.name);
      if (!table.objects.has(wanted)) table.objects.set(wanted, operation.object);
      return;
    }
    case 'add-flowtable': {
      const wanted = objectId('flowtable', operation.flowtable.name);
      if (!table.objects.has(wanted)) table.objects.set(wanted, undefined);
      return;
    }
    case 'delete-object':
    case 'delete-flowtable': {
      const unwanted =
        operation.op === 'delete-object'
          ? objectId(operation.object.type, operation.object.name)
          : objectId('flowtable', operation.flowtable);
      if (allStatements().some((one) => objectOf(one) === unwanted)) fail('kernel-busy');
      if (!table.objects.delete(unwanted)) fail('kernel-missing');
      return;
    }
    case 'add-elements': {
      const { spec, elements } = set(operation.set.name);
      for (const packed of operation.elements) {
        const element: ElementBytes = {
          ...packed,
          key: packed.key.slice(),
          ...(packed.data instanceof Uint8Array && { data: packed.data.slice() }),
        };
        if (element.data && 'kind' in element.data && 'chain' in element.data) {
          if (chain(element.data.chain).hook !== undefined) fail('unsupported');
        }
        const key = keyOf(element.key);
        const found = elements.get(key);
        if (found && lives(found)) {
          if (operation.create || !sameData(found.element.data, element.data)) fail('kernel-exists');
          continue;
        }
        if (spec.size !== undefined && [...elements.values()].filter(lives).length >= spec.size)
          fail('kernel-full');
        const timeoutMs = element.timeoutMs ?? spec.timeoutMs;
        elements.set(key, {
          element,
          expiresAtMs: timeoutMs === undefined ? undefined : nowMs + (element.expiresMs ?? timeoutMs),
        });
      }
      return;
    }
    case 'delete-elements':
    case 'destroy-elements': {
      const { elements } = set(operation.set.name);
      for (const element of operation.elements) {
        const found = elements.get(keyOf(element.key));
        if (found && lives(found)) elements.delete(keyOf(element.key));
        else if (operation.op === 'delete-elements') fail('kernel-missing');
      }
      return;
    }
  }
};

export const createFakeNft = (clock: Clock): FakeNft => {
  let state: State = new Map();
  const committed: Transaction[] = [];
  const listeners = new Set<(change: ForeignChange) => void>();
  let refusal: { error: RelevoError; accepted: number } | undefined;
  const apply = (operations: readonly Operation[]): void => {
    const next = copy(state);
    for (const operation of operations) applyOperation(next, operation, clock.nowMs());
    state = next;
  };
  return {
    committed,
    async commit(transaction) {
      await undefined;
      if (transaction.operations.length === 0) return;
      if (refusal && refusal.accepted-- <= 0) {
        const { error } = refusal;
        refusal = undefined;
        throw error;
      }
      apply(transaction.operations);
      committed.push(transaction);
    },
    async dumpElements(table, name) {
      await undefined;
      const set = state.get(idOf(table))?.sets.get(name);
      if (!set) throw new RelevoError('kernel-missing', `${idOf(table)} ${name}`);
      const nowMs = clock.nowMs();
      return [...set.elements.values()]
        .filter(({ expiresAtMs }) => expiresAtMs === undefined || expiresAtMs > nowMs)
        .map(({ element, expiresAtMs }) =>
          expiresAtMs === undefined
            ? element
            : {
                ...element,
                timeoutMs: element.timeoutMs ?? set.spec.timeoutMs ?? 0,
                expiresMs: expiresAtMs - nowMs,
              },
        );
    },
    async readTable(name) {
      await undefined;
      const table = state.get(idOf(name));
      if (!table) return undefined;
      return {
        table: name,
        owned: table.owned,
        chains: [...table.chains].map(([chain, { hook, rules }]) => ({
          name: chain,
          ...(hook !== undefined && { hook }),
          ruleComments: rules.map((rule) => rule.comment ?? ''),
        })),
        sets: [...table.sets.values()].map(({ spec }) => ({
          name: spec.name,
          keyBytes: typesBytes(spec.key),
          dataBytes: Array.isArray(spec.data) ? typesBytes(spec.data) : 0,
        })),
        objects: [...table.objects.values()].flatMap((object) =>
          object ? [{ type: object.type, name: object.name }] : [],
        ),
        flowtables: [...table.objects].flatMap(([id, object]) =>
          object ? [] : [id.slice('flowtable '.length)],
        ),
      };
    },
    async readCounters(name) {
      await undefined;
      const table = state.get(idOf(name));
      if (!table) throw new RelevoError('kernel-missing', idOf(name));
      return [...table.objects.values()].flatMap((object) =>
        object?.type === 'counter'
          ? [{ name: object.name, packets: object.packets ?? 0, bytes: object.bytes ?? 0 }]
          : [],
      );
    },
    onForeignChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      listeners.clear();
    },
    foreign(...operations) {
      apply(operations);
      const [first] = operations;
      if (!first) return;
      const kind = operations.some(({ op }) => op === 'delete-table') ? 'table-deleted' : 'changed';
      for (const listener of listeners)
        listener({ table: first.table, kind, detail: `${first.op} by a test` });
    },
    packet(table, set, element) {
      apply([
        { op: 'destroy-elements', table, set, elements: [element] },
        { op: 'add-elements', table, set, elements: [element] },
      ]);
    },
    refuse(error, accepted = 0) {
      refusal = { error, accepted };
    },
  };
};
