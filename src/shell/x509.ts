/** Writes X.509 v3 certificates (RFC 5280) for ECDSA P-256 keys: Node reads and checks certificates but cannot make them. */

import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface CertificateRequest {
  readonly commonName: string;
  /** IPv4 addresses under which it is reached, for clients that check them (etcd's do). */
  readonly addresses?: readonly string[];
  readonly organization: string;
  readonly publicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** A certificate authority signs others; a node speaks TLS in both directions. */
  readonly role: 'authority' | 'node';
  readonly issuer: {
    readonly commonName: string;
    readonly organization: string;
    readonly publicKey: KeyObject;
    readonly privateKey: KeyObject;
  };
}

const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

const der = (type: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let rest = body.length; rest > 0; rest >>>= 8) length.unshift(rest & 0xff);
  const head = body.length < 0x80 ? [body.length] : [0x80 | length.length, ...length];
  return Buffer.concat([Uint8Array.of(type, ...head), body]);
};

const sequence = (...parts: Uint8Array[]): Buffer => der(tag.sequence, ...parts);
const octets = (content: Uint8Array): Buffer => der(tag.octetString, content);
/** The first byte says how many bits of the last one are unused. */
const bits = (content: Uint8Array, unused = 0): Buffer => der(tag.bitString, Uint8Array.of(unused), content);
const integer = (content: Uint8Array): Buffer =>
  der(tag.integer, content[0]! & 0x80 ? Buffer.concat([Uint8Array.of(0), content]) : content);
const boolean = (value: boolean): Buffer => der(tag.boolean, Uint8Array.of(value ? 0xff : 0));

const oid = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const septets = [arc & 0x7f];
    for (let value = arc >>> 7; value > 0; value >>>= 7) septets.unshift((value & 0x7f) | 0x80);
    bytes.push(...septets);
  }
  return der(tag.oid, Uint8Array.from(bytes));
};

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5). */
const time = (date: Date): Buffer => {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050
    ? der(tag.utcTime, Buffer.from(digits.slice(2)))
    : der(tag.generalizedTime, Buffer.from(digits));
};

const attribute = (type: string, value: string): Buffer =>
  der(tag.set, sequence(oid(type), der(tag.utf8, Buffer.from(value))));
const distinguishedName = (name: { commonName: string; organization: string }): Buffer =>
  sequence(attribute('2.5.4.10', name.organization), attribute('2.5.4.3', name.commonName));

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));

/** Any value that tells keys apart will do (RFC 5280, 4.2.1.2): the start of a hash of the public key. */
const keyIdentifier = (spki: Uint8Array): Buffer =>
  createHash('sha256').update(spki).digest().subarray(0, 20);

const extension = (id: string, critical: boolean, value: Uint8Array): Buffer =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));

const extensions = (request: CertificateRequest, spki: Uint8Array, issuerSpki: Uint8Array): Buffer[] => {
  const identifiers = [
    extension('2.5.29.14', false, octets(keyIdentifier(spki))),
    extension('2.5.29.35', false, sequence(der(0x80, keyIdentifier(issuerSpki)))),
  ];
  if (request.role === 'authority') {
    return [
      // cA true, and no authority below this one.
      extension('2.5.29.19', true, sequence(boolean(true), integer(Uint8Array.of(0)))),
      // keyCertSign (5) and cRLSign (6).
      extension('2.5.29.15', true, bits(Uint8Array.of(0b0000_0110), 1)),
      ...identifiers,
    ];
  }
  return [
    extension('2.5.29.19', true, sequence()),
    // digitalSignature (0): all that TLS 1.3 needs.
    extension('2.5.29.15', true, bits(Uint8Array.of(0b1000_0000), 7)),
    // serverAuth and clientAuth: the lower node name dials, either may be it.
    extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'))),
    extension(
      '2.5.29.17',
      false,
      sequence(
        der(0x82, Buffer.from(request.commonName)),
        ...(request.addresses ?? []).map((address) => der(0x87, Buffer.from(address.split('.').map(Number)))),
      ),
    ),
    ...identifiers,
  ];
};

/** PEM text. */
export const writeCertificate = (request: CertificateRequest): string => {
  const { issuer } = request;
  const spki = request.publicKey.export({ type: 'spki', format: 'der' });
  const issuerSpki = issuer.publicKey.export({ type: 'spki', format: 'der' });
  const serial = randomBytes(16);
  // Positive and without a leading zero byte, whatever was drawn.
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const toBeSigned = sequence(
    der(0xa0, integer(Uint8Array.of(2))),
    integer(serial),
    ecdsaWithSha256,
    distinguishedName(issuer),
    sequence(time(request.notBefore), time(request.notAfter)),
    distinguishedName(request),
    spki,
    der(0xa3, sequence(...extensions(request, spki, issuerSpki))),
  );
  const signature = sign('sha256', toBeSigned, issuer.privateKey);
  const base64 = sequence(toBeSigned, ecdsaWithSha256, bits(signature)).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
};
