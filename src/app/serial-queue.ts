/** Runs jobs one after the other; a job that fails does not stop the next. */

export type SerialQueue = <T>(job: () => Promise<T>) => Promise<T>;

export const createQueue = (): SerialQueue => {
  let last: Promise<unknown> = Promise.resolve();
  return (job) => {
    const result = last.then(job, job);
    last = result.catch(() => undefined);
    return result;
  };
};
