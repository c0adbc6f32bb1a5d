/**
 * Regular work of the main thread, in step: whatever is due each 200 ms, or a multiple, is due at the same moment and costs one waking. A
 * timer that begins anew from its own end drifts away from the others, as Node's own intervals do.
 */

/** Calls `action` at every multiple of `ms` on the monotonic clock; returns what ends it. */
export const every = (ms: number, action: () => void): (() => void) => {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    // Node's timers count whole milliseconds and may come up to one early: what is due in a moment is due after that.
    const untilMs = ms - (performance.now() % ms);
    timer = setTimeout(fire, untilMs < 2 ? untilMs + ms : untilMs);
  };
  const fire = (): void => {
    arm();
    action();
  };
  arm();
  return () => clearTimeout(timer);
};
