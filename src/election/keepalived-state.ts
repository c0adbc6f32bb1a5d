/** What a foreign VRRP daemon has said. */

export const vrrpStates = ['MASTER', 'BACKUP', 'FAULT', 'STOP'] as const;
export type VrrpState = (typeof vrrpStates)[number];

export interface KeepalivedConfig {
  readonly driver: 'keepalived';
}

export interface KeepalivedState {
  /** The last word per group; none before the first. */
  states: Readonly<Record<string, VrrpState>>;
  /** Why nothing is heard; '': something can be. */
  trouble: string;
  troubleMs: number;
}

export type KeepalivedEvent =
  | { readonly type: 'vrrp'; readonly group: string; readonly state: VrrpState }
  /** The FIFO is gone or nobody writes to it (`text`), or all is well ('') . */
  | { readonly type: 'vrrp-source'; readonly text: string };

export const createKeepalivedState = (nowMs: number): KeepalivedState => ({
  states: {},
  trouble: 'keepalived has not said anything yet',
  troubleMs: nowMs,
});
