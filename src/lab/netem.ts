/** Delay on a host's cables, by the kernel's netem (tc-netem(8)), which not every kernel has. */

import { RelevoError } from '../errors.js';
import type { Runner } from '../ports.js';
import { runOrThrow } from '../shell/runner.js';
import { hostByName, namespaceOf, switchName, switchPort } from './topology.js';

/** Jitter lets frames overtake each other. */
export interface Delay {
  readonly ms: number;
  readonly jitterMs: number;
}

const setDiscipline = (
  runner: Runner,
  namespace: string,
  device: string,
  discipline: readonly string[],
): Promise<string> =>
  runOrThrow(runner, 'ip', [
    ...['netns', 'exec', namespace, 'tc', 'qdisc', 'replace', 'dev', device, 'root'],
    ...discipline,
  ]);

/** A virtual cable's own. */
const none = ['noqueue'];

/** Throws `unsupported` when this kernel cannot delay frames; tried on a device that carries nothing. */
export const probeNetem = async (runner: Runner, lab: string): Promise<void> => {
  const theSwitch = namespaceOf(lab, switchName);
  try {
    await setDiscipline(runner, theSwitch, 'lo', ['netem', 'delay', '1us']);
  } catch (cause) {
    throw new RelevoError(
      'unsupported',
      "delay needs the kernel's netem (sch_netem), and this one has none: 'modprobe sch_netem' loads it where the distribution ships it, else drill in virtual machines (scripts/vagrant-lab); nothing was broken",
      {},
      cause,
    );
  }
  await setDiscipline(runner, theSwitch, 'lo', none);
};

/** What the host's cables carry arrives so much later, both ways; undefined: at once again. */
export const setDelay = async (
  runner: Runner,
  lab: string,
  host: string,
  delay: Delay | undefined,
): Promise<void> => {
  const discipline = delay ? ['netem', 'delay', `${delay.ms}ms`, `${delay.jitterMs}ms`] : none;
  for (const { device, segment } of hostByName(host)?.links ?? []) {
    await setDiscipline(runner, namespaceOf(lab, switchName), switchPort(host, segment), discipline);
    await setDiscipline(runner, namespaceOf(lab, host), device, discipline);
  }
};
