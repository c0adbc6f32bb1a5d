/** Text → value for YAML (and so JSON), with a syntax error as a problem like any other. */

import { parse } from 'yaml';
import type { Problem } from '../model/service.js';

export const readYaml = (
  text: string,
):
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problems: readonly Problem[] } => {
  try {
    return { ok: true, value: parse(text) };
  } catch (error) {
    const [first] = (error as Error).message.split('\n');
    return { ok: false, problems: [{ path: '(document)', message: `is not YAML: ${first}` }] };
  }
};
