/** Ending on request: the first signal is told, the second one ends the process as usual. */

const ending = ['SIGINT', 'SIGTERM'] as const;
const hangUp = ['SIGHUP'] as const;

/**
 * Aborts at the first SIGINT or SIGTERM; with `terminal` also when the terminal has gone. The listener stays: execa's helper for programs
 * that it has started (signal-exit) ends the process when it finds itself the only one that listens, which it is after `process.once`.
 */
export const abortOnSignals = ({ terminal = false } = {}): AbortSignal => {
  const abort = new AbortController();
  for (const name of terminal ? [...ending, ...hangUp] : ending) {
    const listener = (): void => {
      if (!abort.signal.aborted) {
        abort.abort();
        return;
      }
      process.off(name, listener);
      process.kill(process.pid, name);
    };
    process.on(name, listener);
  }
  return abort.signal;
};
