/** The checksum of what IP carries: RFC 1071 over the pseudo header (RFC 9293 section 3.1, RFC 8200 section 8.1) and the message. Pure. */

/** `message` is of an even length, and has zero in the checksum's place. */
export const checksumOf = (
  protocol: number,
  source: Uint8Array,
  destination: Uint8Array,
  message: Uint8Array,
): number => {
  let sum = message.length + protocol;
  for (const part of [source, destination, message]) {
    for (let at = 0; at < part.length; at += 2) sum += (part[at]! << 8) | part[at + 1]!;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
};
