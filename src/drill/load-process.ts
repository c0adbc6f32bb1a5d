/** One busy program of the drill `idle`: takes all the processor it gets, and ends with the drill that started it. */

const sliceMs = 50;
const parent = process.ppid;

const spin = (): void => {
  const untilMs = performance.now() + sliceMs;
  while (performance.now() < untilMs);
  // Whose parent has gone is somebody else's child: nobody would end it any more.
  if (process.ppid === parent) setImmediate(spin);
};

spin();
