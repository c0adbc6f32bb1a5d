/** witness.yaml → WitnessConfig: what the arbiter of a pair listens on, and for which cluster. */

import { z } from 'zod';
import type { Problem } from '../model/service.js';
import { logLevel, milliseconds, name, path, resolvePath, socketAddress } from './fields.js';
import { problemsFromZod } from './problems.js';
import { readYaml } from './yaml.js';

const witnessSchema = z.strictObject({
  cluster: name,
  listen: z.array(socketAddress).min(1),
  secretFile: path,
  leaseMs: milliseconds(40, 60_000).default(120),
  logLevel,
});

export type WitnessConfig = z.infer<typeof witnessSchema>;

/** Parses the configuration of `relevo witness`, like `parseNodeConfig`. */
export const parseWitnessConfig = (
  text: string,
  folder: string,
):
  | { readonly ok: true; readonly config: WitnessConfig }
  | { readonly ok: false; readonly problems: readonly Problem[] } => {
  const read = readYaml(text);
  if (!read.ok) return read;
  const parsed = witnessSchema.safeParse(read.value);
  if (!parsed.success) return { ok: false, problems: problemsFromZod(parsed.error) };
  return { ok: true, config: { ...parsed.data, secretFile: resolvePath(parsed.data.secretFile, folder) } };
};
