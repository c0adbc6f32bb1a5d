/** How the backends of a service are asked whether they serve, and what the asking found. */

/** Statuses of HTTP, both ends included. */
export interface StatusRange {
  readonly first: number;
  readonly last: number;
}

export interface HealthCheck {
  /** `tcp`: a connection is made. `http`, `https`: a GET is answered with one of `statuses`; certificates are not looked at. */
  readonly kind: 'tcp' | 'http' | 'https';
  /** From one question to the next; with `fall`, how long a failure takes to be believed. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Answers in a row until a backend that is down is up, and failures until one that is up is down. */
  readonly rise: number;
  readonly fall: number;
  /** Undefined: the backend's port, or the service's only one. */
  readonly port?: number;
  /** http and https. */
  readonly path?: string;
  /** What the header Host says; undefined: the backend's address. */
  readonly host?: string;
  readonly statuses?: readonly StatusRange[];
}

/** Backends of services that the checks of this node have found down. */
export interface CheckedDown {
  readonly service: string;
  readonly backend: string;
  readonly reason: string;
}

export interface ChecksStatus {
  /** Distinct questions: services that share a backend and a check share one. */
  readonly checks: number;
  /** Questions that wait for their answer. */
  readonly asking: number;
  /** How late the most delayed one is: more than the node may ask at a time. */
  readonly lateMs: number;
  /** Asked and found down, the first ones. */
  readonly down: readonly CheckedDown[];
  readonly downCount: number;
}
