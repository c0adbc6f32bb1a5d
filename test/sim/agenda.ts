/** The agenda of a simulated world: what happens when, in order of true time. */

export interface Agenda {
  readonly nowMs: number;
  at(timeMs: number, action: () => void): void;
  /** Runs everything up to and including `untilMs`, or until `isOver` says so. */
  run(untilMs: number, isOver: () => boolean): void;
}

interface Entry {
  readonly timeMs: number;
  readonly order: number;
  readonly action: () => void;
}

const isBefore = (left: Entry, right: Entry): boolean =>
  left.timeMs < right.timeMs || (left.timeMs === right.timeMs && left.order < right.order);

export const createAgenda = (): Agenda => {
  const heap: Entry[] = [];
  let nowMs = 0;
  let order = 0;
  const push = (entry: Entry): void => {
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  };
  const pop = (): Entry => {
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  };
  return {
    get nowMs() {
      return nowMs;
    },
    at(timeMs, action) {
      order += 1;
      push({ timeMs: Math.max(timeMs, nowMs), order, action });
    },
    run(untilMs, isOver) {
      while (heap.length > 0 && heap[0]!.timeMs <= untilMs && !isOver()) {
        const entry = pop();
        nowMs = entry.timeMs;
        entry.action();
      }
      if (!isOver()) nowMs = untilMs;
    },
  };
};
