/** IPv4 addresses: branded text at the edges, four bytes inside elements. */

declare const brand: unique symbol;
/** A dotted quad that has been parsed: `10.0.0.1`. */
export type Ipv4 = string & { readonly [brand]: 'ipv4' };

/** The address, or undefined when the text is not four decimal numbers of 0–255 (leading zeros refused). */
export const parseIpv4 = (text: string): Ipv4 | undefined => {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
  }
  return text as Ipv4;
};

/** Four bytes in network order. */
export const ipv4Bytes = (address: Ipv4): Uint8Array => Uint8Array.from(address.split('.'), Number);

/** The address in `bytes[offset … offset + 3]`. */
export const ipv4FromBytes = (bytes: Uint8Array, offset = 0): Ipv4 =>
  `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}` as Ipv4;

/** 10.0.0.1 is 0x0a000001: the form of tables and wire columns. */
export const ipv4Number = (address: Ipv4): number => {
  let value = 0;
  for (const part of address.split('.')) value = value * 256 + Number(part);
  return value;
};

export const ipv4FromNumber = (value: number): Ipv4 =>
  `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}` as Ipv4;

export interface Ipv4Prefix {
  readonly address: Ipv4;
  readonly prefixLength: number;
}

/** `10.0.0.1/24`; without a length, /32. */
export const parseIpv4Prefix = (text: string): Ipv4Prefix | undefined => {
  const [addressText, lengthText, ...rest] = text.split('/');
  const address = parseIpv4(addressText ?? '');
  if (!address || rest.length > 0) return undefined;
  if (lengthText === undefined) return { address, prefixLength: 32 };
  if (!/^\d{1,2}$/.test(lengthText) || Number(lengthText) > 32) return undefined;
  return { address, prefixLength: Number(lengthText) };
};
