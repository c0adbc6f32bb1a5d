/**
 * Entries of general and stateless services, and bans, as columns: the i-th value of every column is one entry. Keys and backends are
 * bytes as text, one character each (`replication/general/shape.ts` says what is in them), so that they can be keys of a Map.
 */

export interface GeneralKeys {
  readonly service: string[];
  readonly key: string[];
}

export interface GeneralEntries extends GeneralKeys {
  /** 4 or 16 bytes; empty for a ban. */
  readonly backend: string[];
  /** 0: the backend keeps the port that the client asked for. */
  readonly backendPort: number[];
  readonly ttlMs: number[];
  readonly remainingMs: number[];
}

export const createGeneralKeys = (): GeneralKeys => ({ service: [], key: [] });

export const createGeneralEntries = (): GeneralEntries => ({
  service: [],
  key: [],
  backend: [],
  backendPort: [],
  ttlMs: [],
  remainingMs: [],
});

/** Bytes as text, and back. */
export const textOfBytes = (bytes: Uint8Array): string => {
  let text = '';
  for (let at = 0; at < bytes.length; at++) text += String.fromCharCode(bytes[at]!);
  return text;
};

export const bytesOfText = (text: string): Uint8Array => {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
};
