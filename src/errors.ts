/** The one error type of relevo, and the closed list of its codes. Whether to retry is a property of the code. */

const codes = {
  'bad-document': { retry: false },
  'bad-config': { retry: false },
  'bad-request': { retry: false },
  'not-found': { retry: false },
  conflict: { retry: false },
  'not-permitted': { retry: false },
  unsupported: { retry: false },
  'kernel-refused': { retry: false },
  'kernel-exists': { retry: false },
  'kernel-missing': { retry: false },
  'kernel-busy': { retry: true },
  'kernel-overrun': { retry: true },
  'kernel-full': { retry: false },
  'bad-frame': { retry: false },
  'peer-refused': { retry: false },
  'peer-lost': { retry: true },
  'not-ready': { retry: true },
  timeout: { retry: true },
  'command-failed': { retry: false },
  'disk-full': { retry: true },
  'lost-lease': { retry: false },
  internal: { retry: false },
} as const satisfies Record<string, { retry: boolean }>;

export type ErrorCode = keyof typeof codes;
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * What went wrong (`code`), said for a person (`message`: place and remedy), with the facts as data.
 * Code decides, text informs: nothing outside `shell/` matches on `message`.
 */
export class RelevoError extends Error {
  override readonly name = 'RelevoError';
  readonly code: ErrorCode;
  readonly facts: Facts;

  constructor(code: ErrorCode, message: string, facts: Facts = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.facts = facts;
  }

  /** True when doing the same again later may succeed. */
  get retriable(): boolean {
    return codes[this.code].retry;
  }
}

/** Wraps whatever was thrown; a RelevoError passes through unchanged. */
export const errorFrom = (thrown: unknown): RelevoError =>
  thrown instanceof RelevoError
    ? thrown
    : new RelevoError('internal', thrown instanceof Error ? thrown.message : String(thrown), {}, thrown);
