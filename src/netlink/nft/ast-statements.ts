/** What a rule is made of: fields and keys, where written values come from, and the statements. */

/** What one part of a concatenated key or value is; decides its length and how it prints. */
export type DataType =
  | 'ipv4_addr' // 4 bytes
  | 'ipv6_addr' // 16 bytes
  | 'inet_proto' // 1 byte, padded to 4 in a concatenation
  | 'nf_proto' // 1 byte, padded to 4: 2 for IPv4, 10 for IPv6
  | 'inet_service' // 2 bytes, network order, padded to 4
  | 'ether_type' // 2 bytes, network order, padded to 4
  | 'ether_addr' // 6 bytes, padded to 8
  | 'ether_pair' // 12 bytes: destination and source of a frame; declared as `typeof @ll,0,96`
  | 'mark' // 4 bytes, host order
  | 'classid' // 4 bytes, host order: what `meta priority` holds
  | 'iface_index' // 4 bytes, host order
  | 'integer' // 4 bytes, host order; declared as `typeof numgen inc mod N`
  | 'ifname'; // 16 bytes

/** A value read from the packet or its connection. `th` is the transport header: one name for tcp, udp and sctp ports. */
export type Field =
  | 'ip saddr'
  | 'ip daddr'
  | 'ip protocol'
  | 'ip6 saddr'
  | 'ip6 daddr'
  | 'ip6 nexthdr'
  | 'th sport'
  | 'th dport'
  | 'udp checksum'
  | 'meta l4proto'
  | 'meta nfproto'
  | 'meta protocol'
  | 'meta mark'
  | 'meta priority'
  /** PACKET_HOST, _BROADCAST, _MULTICAST, _OTHERHOST (linux/if_packet.h). */
  | 'meta pkttype'
  | 'meta iif'
  | 'meta iifname'
  | 'meta oifname'
  | 'ct original ip saddr'
  | 'ct original ip daddr'
  | 'ct original ip6 saddr'
  | 'ct original ip6 daddr'
  | 'ct original proto-src'
  | 'ct original proto-dst'
  | 'ct reply ip saddr'
  | 'ct reply ip6 saddr'
  | 'ct reply proto-src'
  | 'ct mark'
  | 'ether saddr'
  | 'ether daddr'
  /** Both, as they stand: one write where two would cost a third of a rule. */
  | 'ether addresses'
  | 'arp operation'
  | 'arp saddr ip'
  | 'arp daddr ip'
  | 'icmpv6 type'
  | 'icmpv6 taddr';

export type Part =
  | { readonly kind: 'field'; readonly field: Field }
  /** `ip saddr & 255.255.255.0`: the network of this length that an address is in; of a number its upper bits. */
  | { readonly kind: 'masked'; readonly field: Field; readonly prefixLength: number }
  | { readonly kind: 'numgen'; readonly mode: 'inc' | 'random'; readonly modulus: number }
  | {
      readonly kind: 'jhash' | 'symhash';
      /** What is hashed, in order; empty for symhash, which takes the flow. */
      readonly fields: readonly Field[];
      readonly modulus: number;
      /** Of jhash; symhash has the kernel's own. */
      readonly seed: number;
    };

/** A concatenation (`a . b . c`), or a single value. */
export type Key = readonly Part[];

/** Literal bytes already in register form (network or host order as the field wants), with the type for printing. */
export interface Literal {
  readonly type: DataType;
  readonly bytes: Uint8Array;
}

/** `key map @map`: what the map holds for the key. */
export interface FromMap {
  readonly key: Key;
  readonly map: string;
}

/** What a rule may write. A port keeps its checksum right only behind a comparison that names the protocol as tcp or udp. */
export type WritableField = Extract<
  Field,
  | 'meta mark'
  | 'meta priority'
  | 'ct mark'
  | 'ether saddr'
  | 'ether daddr'
  | 'ether addresses'
  | 'ip saddr'
  | 'ip daddr'
  | 'ip6 saddr'
  | 'ip6 daddr'
  | 'th sport'
  | 'th dport'
  | 'udp checksum'
>;

/** What is written: a literal, what a map holds, or a part; of four bytes in host order (marks) as `part & keep | bits`. */
export type Written =
  | { readonly value: Literal }
  | FromMap
  | { readonly from: Part; readonly keep?: number; readonly bits?: number };

export type CtState = 'invalid' | 'established' | 'related' | 'new' | 'untracked';

/** The bits of a connection's status that rules ask for; nft's words. */
export type CtStatus = 'expected' | 'seen-reply' | 'assured' | 'confirmed' | 'snat' | 'dnat';

export type TcpFlag = 'fin' | 'syn' | 'rst' | 'psh' | 'ack' | 'urg';

export type AddressType = 'unicast' | 'local' | 'broadcast' | 'multicast';

export type LogLevel = 'emerg' | 'alert' | 'crit' | 'err' | 'warn' | 'notice' | 'info' | 'debug';
export type LogFlag = 'tcp sequence' | 'tcp options' | 'ip options' | 'skuid' | 'ether';

/** An interface by index, as the kernel takes it; the name is for printing. */
export interface Device {
  readonly index: number;
  readonly name: string;
}

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

/** Statements with a state of their own: in a rule, in every element of a set, or in what a rule adds to a set. */
export type StatefulStatement =
  | { readonly kind: 'counter' }
  /** `limit rate 5/second burst 10 packets`: goes on while within the rate; with `over` while above it. */
  | {
      readonly kind: 'limit';
      readonly rate: number;
      readonly unit: 'second' | 'minute' | 'hour' | 'day' | 'week';
      /** Packets above the rate that are let through at once; the kernel's and nft's default is 5. */
      readonly burst?: number;
      readonly over?: boolean;
    }
  /** `ct count 5`: goes on while there are at most as many connections; with `over` while there are more. */
  | { readonly kind: 'ct-count'; readonly count: number; readonly over?: boolean };

/** Objects of a table that rules refer to by name. */
export type ObjectType = 'counter' | 'ct helper';

export type Statement =
  | StatefulStatement
  /** `key == value`, `key != value`; with a mask `key & mask == value`, for marks and other numbers of four bytes in host order. */
  | {
      readonly kind: 'compare';
      readonly field: Field;
      readonly op: '==' | '!=';
      readonly value: Literal;
      readonly mask?: number;
    }
  /** `key @set`, `key != @set`. The set may be a map (kernel ≥ 6.5). */
  | { readonly kind: 'lookup'; readonly key: Key; readonly set: string; readonly invert?: boolean }
  /** `key vmap @map`. */
  | ({ readonly kind: 'vmap' } & FromMap)
  /** `dnat to key map @map`, `snat to …`; the map's data is an address, or an address and a port. */
  | ({
      readonly kind: 'nat';
      readonly type: 'dnat' | 'snat';
      readonly dataTypes: readonly DataType[];
    } & FromMap)
  /** `dnat to 10.0.0.1:80`; with a port only behind a comparison of `meta l4proto`. */
  | {
      readonly kind: 'nat-literal';
      readonly type: 'dnat' | 'snat';
      readonly address: Literal;
      readonly port?: Literal;
    }
  /** `field set value`, as in `meta priority set key map @map`. Headers may be written in netdev and ahead of connection tracking. */
  | ({ readonly kind: 'write'; readonly field: WritableField } & Written)
  /** `fwd to "device"`, `dup to "device"`: netdev only; a map's data is an `iface_index`. */
  | ({ readonly kind: 'fwd' | 'dup' } & (FromMap | { readonly device: Device }))
  | { readonly kind: 'masquerade' }
  | { readonly kind: 'ct-state'; readonly states: readonly CtState[] }
  | { readonly kind: 'ct-direction'; readonly direction: 'original' | 'reply' }
  /** `ct expiration < 2m5s`: the connection is new or closing, unless its established timeout is as short. */
  | { readonly kind: 'ct-expiration-below'; readonly ms: number }
  /** `ct status snat,dnat`: the connection has any of these bits. */
  | { readonly kind: 'ct-status'; readonly statuses: readonly CtStatus[] }
  /** `tcp flags syn / syn,ack`: of the flags `of` just these `are` set (or not just these, with `invert`); or `any` of them. */
  | {
      readonly kind: 'tcp-flags';
      readonly of: readonly TcpFlag[];
      readonly are: readonly TcpFlag[] | 'any';
      readonly invert?: boolean;
    }
  /** `fib daddr type local`. */
  | {
      readonly kind: 'fib-type';
      readonly address: 'saddr' | 'daddr';
      readonly op: '==' | '!=';
      readonly type: AddressType;
    }
  /** To listeners of a group (nfnetlink_log), or without one to the kernel's log, to which `level` and `flags` belong. */
  | {
      readonly kind: 'log';
      readonly group?: number;
      readonly prefix?: string;
      readonly snaplen?: number;
      readonly queueThreshold?: number;
      readonly level?: LogLevel;
      readonly flags?: readonly LogFlag[];
      /** Two fields that stand in the packet's mark and source port while the report is written; behind it both are what they were. */
      readonly telling?: { readonly mark: Field; readonly sourcePort: Field };
    }
  /** `update @set { key timeout … limit … : data }`; with `statements` the set must be `dynamic`. */
  | {
      readonly kind: 'dynset';
      readonly op: 'add' | 'update' | 'delete';
      readonly set: string;
      readonly key: Key;
      readonly data?: Key;
      readonly timeoutMs?: number;
      readonly statements?: readonly StatefulStatement[];
    }
  /** `counter name "x"`, `ct helper set "x"`. */
  | { readonly kind: 'object'; readonly type: ObjectType; readonly name: string }
  /** Answers SYNs in place of the server; hooks input and forward, behind a comparison with tcp. */
  | {
      readonly kind: 'synproxy';
      readonly mss?: number;
      readonly wscale?: number;
      readonly timestamp?: boolean;
      readonly sackPermitted?: boolean;
    }
  | { readonly kind: 'queue'; readonly number: number; readonly bypass?: boolean }
  /** `flow add @flowtable`. */
  | { readonly kind: 'flow-add'; readonly flowtable: string }
  | { readonly kind: 'notrack' }
  | { readonly kind: 'reject-tcp-reset' }
  | { readonly kind: 'reject-port-unreachable' }
  | { readonly kind: 'verdict'; readonly verdict: Verdict };
