/** When a dead conntrackd is started again, and what a change of role asks of a running one. */

/** A run of this length proves that the configuration is good: the back-off starts over. */
export const provenRunMs = 30_000;

/** Delay before the next start after `failures` short runs in a row: 0.1 s doubling to 10 s. */
export const restartDelayMs = (failures: number): number =>
  Math.min(10_000, 100 * 2 ** Math.min(Math.max(failures - 1, 0), 10));

/**
 * Commands (conntrackd options) that bring a running daemon in line with the node's role.
 *
 * Injected entries are not in the *internal cache*, and a peer that starts is sent only that cache. So:
 * - an active node must read its kernel table into the cache (-R) and send it (-B), or a peer that was off joins
 *   without the connections that were taken over, and they die in the next failover (seen: 0 of 3 entries without, 3 of 3 with);
 * - a standby must forget it (-f internal): a daemon that starts reads the whole kernel table into it, keeps entries
 *   whose end it only injects, and would bring closed connections back at the next resync (seen).
 *   That also takes from the queue what the peer has not acknowledged (seen: 0 of 20 connections arrived that were made while the peer could
 *   not be reached), so a standby forgets only when all has been delivered.
 * Never -t: it flushes the kernel table after PurgeTimeout, and with it every injected entry.
 */
export const roleCommands = (active: boolean): readonly (readonly string[])[] =>
  active ? [['-R'], ['-B']] : [['-f', 'internal']];
