/** TCP and UDP in IPv4 in Ethernet, as bytes, with checksums that are right: connection tracking looks at them. */

export interface Flow {
  /** Dotted IPv4 addresses. */
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
}
export interface Link {
  readonly sourceMac: string;
  readonly destinationMac: string;
}
export type Segment =
  | { readonly protocol: 'udp' }
  | {
      readonly protocol: 'tcp';
      readonly flags: number;
      readonly sequence: number;
      readonly acknowledged: number;
    };

export const tcpFlag = { syn: 2, ack: 16, push: 8 } as const;
/** Of what is sent, where there is a payload. */
const payloadBytes = 6;
const etherBytes = 14;
const ipBytes = 20;

const macBytes = (mac: string): number[] => mac.split(':').map((part) => Number.parseInt(part, 16));
const addressBytes = (address: string): number[] => address.split('.').map(Number);
const dotted = (bytes: Uint8Array): string => bytes.join('.');

/** RFC 1071, over whole 16-bit words, from a sum begun elsewhere. */
const checksum = (view: DataView, from: number, to: number, begun = 0): number => {
  let sum = begun;
  for (let at = from; at < to; at += 2) sum += view.getUint16(at, false);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
};

export const frameOf = (flow: Flow, link: Link, segment: Segment): Uint8Array => {
  const isTcp = segment.protocol === 'tcp';
  const isOpening = isTcp && (segment.flags & tcpFlag.syn) !== 0;
  const length = (isTcp ? 20 : 8) + (isOpening ? 0 : payloadBytes);
  const frame = new Uint8Array(etherBytes + ipBytes + length);
  const view = new DataView(frame.buffer);
  frame.set(macBytes(link.destinationMac), 0);
  frame.set(macBytes(link.sourceMac), 6);
  view.setUint16(12, 0x0800, false);
  view.setUint16(14, 0x4500, false);
  view.setUint16(16, ipBytes + length, false);
  view.setUint8(22, 64);
  view.setUint8(23, isTcp ? 6 : 17);
  frame.set(addressBytes(flow.source), 26);
  frame.set(addressBytes(flow.destination), 30);
  view.setUint16(24, checksum(view, 14, 34), false);
  view.setUint16(34, flow.sourcePort, false);
  view.setUint16(36, flow.destinationPort, false);
  if (segment.protocol === 'tcp') {
    view.setUint32(38, segment.sequence, false);
    view.setUint32(42, segment.acknowledged, false);
    view.setUint8(46, 5 << 4);
    view.setUint8(47, segment.flags);
    view.setUint16(48, 0xf000, false);
  } else {
    view.setUint16(38, length, false);
  }
  let pseudo = (isTcp ? 6 : 17) + length;
  for (let at = 26; at < 34; at += 2) pseudo += view.getUint16(at, false);
  view.setUint16(isTcp ? 50 : 40, checksum(view, 34, frame.length, pseudo), false);
  return frame;
};

/** What a frame says of its flow; undefined: neither tcp nor udp over IPv4. */
export const flowOf = (frame: Uint8Array): Flow | undefined => {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 42 || view.getUint16(12, false) !== 0x0800) return undefined;
  if (view.getUint8(23) !== 6 && view.getUint8(23) !== 17) return undefined;
  return {
    source: dotted(frame.subarray(26, 30)),
    destination: dotted(frame.subarray(30, 34)),
    sourcePort: view.getUint16(34, false),
    destinationPort: view.getUint16(36, false),
  };
};

export const linkOf = (frame: Uint8Array): Link => {
  const mac = (from: number): string =>
    [...frame.subarray(from, from + 6)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  return { destinationMac: mac(0), sourceMac: mac(6) };
};

/** The same way back. */
export const answerTo = (flow: Flow, link: Link): { readonly flow: Flow; readonly link: Link } => ({
  flow: {
    source: flow.destination,
    sourcePort: flow.destinationPort,
    destination: flow.source,
    destinationPort: flow.sourcePort,
  },
  link: { sourceMac: link.destinationMac, destinationMac: link.sourceMac },
});
