/** The observer's ARP frames (RFC 826): a request by broadcast, and what an answer to it says. */

const headerBytes = 14;
const frameBytes = headerBytes + 28;
const reply = 2;

const macBytes = (mac: string): number[] => mac.split(':').map((part) => Number.parseInt(part, 16));
const addressBytes = (address: string): number[] => address.split('.').map(Number);
const macText = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');

/** Addresses to ask from, from the observer's own upwards: a number that divides the pace of answers from that of requests. */
export const observerSenders = (first: string): readonly string[] => {
  const [a, b, c, d] = addressBytes(first);
  return Array.from({ length: 16 }, (_, index) => `${a}.${b}.${c}.${d! + index}`);
};

/** Who has `target`? Tell `sender` at `mac`. */
export const arpQuestion = (mac: string, sender: string, target: string): Uint8Array =>
  Uint8Array.from([
    ...[0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ...macBytes(mac),
    ...[0x08, 0x06],
    ...[0, 1, 0x08, 0, 6, 4, 0, 1],
    ...macBytes(mac),
    ...addressBytes(sender),
    ...[0, 0, 0, 0, 0, 0],
    ...addressBytes(target),
  ]);

export interface ArpAnswer {
  /** The address that was asked for, and the MAC that claims it. */
  readonly address: string;
  readonly mac: string;
  readonly askedBy: string;
}

/** Undefined for what is no reply, or an announcement (a reply whose target is the address itself). */
export const arpAnswer = (frame: Uint8Array): ArpAnswer | undefined => {
  if (frame.length < frameBytes || frame[12] !== 0x08 || frame[13] !== 0x06) return undefined;
  const arp = frame.subarray(headerBytes);
  if (((arp[6]! << 8) | arp[7]!) !== reply) return undefined;
  const address = arp.subarray(14, 18).join('.');
  const askedBy = arp.subarray(24, 28).join('.');
  return address === askedBy ? undefined : { address, mac: macText(arp.subarray(8, 14)), askedBy };
};
