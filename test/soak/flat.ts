/** Whether what a process holds stays the same while it lives: memory and file descriptors over the samples of a soak. */

export interface Holding {
  readonly rssMiB: number;
  readonly descriptors: number;
}

export interface Growth {
  readonly samples: number;
  /** Medians of the first and of the last third, without the first two samples: those are of a program that starts. */
  readonly first: Holding;
  readonly last: Holding;
  readonly isFlat: boolean;
}

/** Garbage that is not collected yet and code that is still being compiled. */
const freeMiB = 24;
const freeDescriptors = 6;
const startingSamples = 2;
/** Fewer say nothing. */
export const fewestSamples = startingSamples + 6;

const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)]!;

const middle = (samples: readonly Holding[]): Holding => ({
  rssMiB: median(samples.map(({ rssMiB }) => rssMiB)),
  descriptors: median(samples.map(({ descriptors }) => descriptors)),
});

/** @returns undefined when the process did not live long enough to say. */
export const growthOf = (samples: readonly Holding[]): Growth | undefined => {
  if (samples.length < fewestSamples) return undefined;
  const settled = samples.slice(startingSamples);
  const third = Math.floor(settled.length / 3);
  const [first, last] = [middle(settled.slice(0, third)), middle(settled.slice(-third))];
  const isFlat =
    last.rssMiB - first.rssMiB <= freeMiB && last.descriptors - first.descriptors <= freeDescriptors;
  return { samples: samples.length, first, last, isFlat };
};
