/** Certificates in the words of the log and of `relevo status`: what changed, what has run out or soon will. */

import { X509Certificate } from 'node:crypto';

/** What is read of a certificate. */
export interface CertificateFacts {
  readonly subject: string;
  readonly fingerprint256: string;
  /** As openssl prints them. */
  readonly validFrom: string;
  readonly validTo: string;
}

export interface CredentialFacts {
  readonly certificate: CertificateFacts;
  readonly authorities: readonly CertificateFacts[];
}

const block = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs;

/** All certificates of a PEM text, in their order. Throws when there is none, or a bad one. */
export const certificatesIn = (pem: string): X509Certificate[] => {
  const blocks = pem.match(block);
  if (!blocks) throw new Error('no certificate in it');
  return blocks.map((text) => new X509Certificate(text));
};

const dayMs = 86_400_000;
/** An operator who is away for two weeks still has two to act. */
const soonDays = 30;

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const untilText = ({ validTo }: CertificateFacts): string => dayOf(Date.parse(validTo));

const ending = (facts: CertificateFacts, nowMs: number): string | undefined => {
  const fromMs = Date.parse(facts.validFrom);
  const toMs = Date.parse(facts.validTo);
  if (nowMs < fromMs) return `is not valid before ${dayOf(fromMs)}: is the clock of this node right?`;
  const days = Math.floor((toMs - nowMs) / dayMs);
  if (days >= soonDays) return undefined;
  return nowMs > toMs
    ? `expired on ${dayOf(toMs)}, peers refuse it`
    : `expires on ${dayOf(toMs)}, in ${days} days`;
};

/** Of this node's own files, each with the remedy. `nowMs`: of the wall clock. */
export const certificateProblems = (
  { certificate, authorities }: CredentialFacts,
  node: string,
  nowMs: number,
): string[] => {
  const own = ending(certificate, nowMs);
  // While several are accepted, one of them is on its way out.
  const left = authorities.filter((authority) => Date.parse(authority.validTo) - nowMs > soonDays * dayMs);
  const last = left.length === 0 ? authorities.at(-1) : undefined;
  const authority = last && ending(last, nowMs);
  return [
    ...(own
      ? [
          `the certificate of this node ${own}: issue a new one with 'relevo cert issue ${node}', put it in place, and reload (docs/replication.md, Renewing certificates)`,
        ]
      : []),
    ...(authority
      ? [
          `the cluster's authority ${authority}: make a new one and accept both for a time (docs/replication.md, Renewing certificates)`,
        ]
      : []),
  ];
};

const known = (authorities: readonly CertificateFacts[], one: CertificateFacts): boolean =>
  authorities.some(({ fingerprint256 }) => fingerprint256 === one.fingerprint256);

const listed = (what: string, authorities: readonly CertificateFacts[]): string[] =>
  authorities.map(
    (each) => `${what} the authority ${each.subject.replace(/\n/g, ', ')} valid until ${untilText(each)}`,
  );

/** What a renewal brought. */
export const describeRenewal = (before: CredentialFacts, after: CredentialFacts): string => {
  const { certificate } = after;
  const changes = [
    ...(before.certificate.fingerprint256 === certificate.fingerprint256
      ? []
      : [`a new certificate of this node, valid until ${untilText(certificate)}`]),
    ...listed(
      'accepts',
      after.authorities.filter((each) => !known(before.authorities, each)),
    ),
    ...listed(
      'accepts no more',
      before.authorities.filter((each) => !known(after.authorities, each)),
    ),
  ];
  return changes.length === 0
    ? 'the certificates in the files are those in force'
    : `certificates renewed: ${changes.join('; ')}. Standing links stay, new ones use them`;
};
