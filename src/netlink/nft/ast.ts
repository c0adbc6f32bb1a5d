/**
 * The vocabulary of a change to nf_tables: tables, chains, sets, rules as typed values, and the transaction that
 * carries them. Two printers give it a meaning: `text.ts` (nft syntax) and `encode.ts` (netlink bytes).
 */

export type Family = 'ip' | 'ip6' | 'inet' | 'netdev';

export interface TableName {
  readonly family: Family;
  readonly name: string;
}

/** What one part of a concatenated key or value is; decides its length and how it prints. */
export type DataType =
  | 'ipv4_addr' // 4 bytes
  | 'ipv6_addr' // 16 bytes
  | 'inet_proto' // 1 byte, padded to 4 in a concatenation
  | 'inet_service' // 2 bytes, network order, padded to 4
  | 'ether_addr' // 6 bytes, padded to 8
  | 'mark' // 4 bytes, host order
  | 'classid' // 4 bytes, host order: what `meta priority` holds
  | 'integer' // 4 bytes, host order; declared as `typeof numgen inc mod N`
  | 'ifname'; // 16 bytes

/** A value read from the packet or its connection. `th` is the transport header: one name for tcp, udp and sctp ports. */
export type Field =
  | 'ip saddr'
  | 'ip daddr'
  | 'ip6 saddr'
  | 'ip6 daddr'
  | 'th sport'
  | 'th dport'
  | 'meta l4proto'
  | 'meta mark'
  | 'meta priority'
  | 'ct original ip saddr'
  | 'ct original ip daddr'
  | 'ct original proto-src'
  | 'ct original proto-dst'
  | 'ct reply ip saddr'
  | 'ct mark'
  | 'ether saddr'
  | 'ether daddr'
  | 'arp operation'
  | 'arp saddr ip'
  | 'arp daddr ip'
  | 'icmpv6 type'
  | 'icmpv6 taddr';

export type Part =
  | { readonly kind: 'field'; readonly field: Field }
  | { readonly kind: 'numgen'; readonly mode: 'inc' | 'random'; readonly modulus: number }
  | {
      readonly kind: 'jhash' | 'symhash';
      /** What is hashed, in order; empty for symhash, which takes the flow. */
      readonly fields: readonly Field[];
      readonly modulus: number;
      readonly seed: number;
    };

/** A concatenation (`a . b . c`), or a single value. */
export type Key = readonly Part[];

/** Literal bytes already in register form (network or host order as the field wants), with the type for printing. */
export interface Literal {
  readonly type: DataType;
  readonly bytes: Uint8Array;
}

export type CtState = 'invalid' | 'established' | 'related' | 'new' | 'untracked';

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

export type Statement =
  /** `key == value`, `key != value`. */
  | { readonly kind: 'compare'; readonly field: Field; readonly op: '==' | '!='; readonly value: Literal }
  /** `key @set`, `key != @set`. The set may be a map (kernel ≥ 6.5). */
  | { readonly kind: 'lookup'; readonly key: Key; readonly set: string; readonly invert?: boolean }
  /** `key vmap @map`. */
  | { readonly kind: 'vmap'; readonly key: Key; readonly map: string }
  /** `dnat to key map @map`, `snat to …`; the map's data is an address, or an address and a port. */
  | {
      readonly kind: 'nat';
      readonly type: 'dnat' | 'snat';
      readonly key: Key;
      readonly map: string;
      readonly dataTypes: readonly DataType[];
    }
  /** `meta priority set key map @map`: the map's data is a classid. */
  | { readonly kind: 'set-priority'; readonly key: Key; readonly map: string }
  | { readonly kind: 'masquerade' }
  | { readonly kind: 'ct-state'; readonly states: readonly CtState[] }
  | { readonly kind: 'ct-direction'; readonly direction: 'original' | 'reply' }
  /** `ct status dnat`: the connection's destination was translated. */
  | { readonly kind: 'ct-status-dnat' }
  | {
      readonly kind: 'log';
      readonly group: number;
      readonly prefix?: string;
      readonly snaplen?: number;
      readonly queueThreshold?: number;
    }
  /** `update @set { key timeout … : data }`. */
  | {
      readonly kind: 'dynset';
      readonly op: 'add' | 'update' | 'delete';
      readonly set: string;
      readonly key: Key;
      readonly data?: Key;
      readonly timeoutMs?: number;
    }
  | { readonly kind: 'counter' }
  | { readonly kind: 'notrack' }
  | { readonly kind: 'reject-tcp-reset' }
  | { readonly kind: 'reject-port-unreachable' }
  | { readonly kind: 'verdict'; readonly verdict: Verdict };

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
}

/**
 * An element in the kernel's own form: key and data are the concatenated registers, each part padded to a multiple of four bytes.
 * Lifetimes are durations; `expiresMs` is what remained when it was read.
 */
export interface ElementBytes {
  readonly key: Uint8Array;
  /** End of the range, for interval sets with a concatenated key (NFTA_SET_ELEM_KEY_END). */
  readonly keyEnd?: Uint8Array;
  readonly data?: Uint8Array | Verdict;
  readonly timeoutMs?: number;
  readonly expiresMs?: number;
  readonly comment?: string;
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
  readonly sets: readonly { readonly name: string; readonly keyBytes: number; readonly dataBytes: number }[];
}
