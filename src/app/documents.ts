/** `relevo check`, `render` and `diff`: what a services document means, without a kernel and without an agent. */

import { parseServices } from '../config/services.js';
import type { Problem, ServicesDocument } from '../model/service.js';
import { transactionText } from '../netlink/nft/text.js';
import type { EngineContext } from '../ruleset/context.js';
import { diffRuleset, renderRuleset } from '../ruleset/render.js';

export type Format = 'json' | 'yaml';
export type Checked<T> = T | { readonly problems: readonly Problem[] };

/** Every problem of a document, or the document. */
export const checkText = (text: string, format?: Format): Checked<{ readonly document: ServicesDocument }> =>
  parseServices(text, format);

/**
 * The whole state as nft text. Stock nft 1.0.6 lists all of it and loads all but the rules of persistence: its parser has no
 * `ct original proto-dst` in a concatenation.
 */
export const renderText = (
  text: string,
  context: EngineContext,
  format?: Format,
): Checked<{ readonly text: string }> => {
  const checked = parseServices(text, format);
  if ('problems' in checked) return checked;
  const { services } = checked.document;
  const operations = renderRuleset(checked.document, context);
  return { text: `${transactionText({ reason: `${services.length} services`, operations })}\n` };
};

/** What going from one document to the other would tell the kernel; an empty text when it would tell it nothing. */
export const diffText = (
  current: string,
  wanted: string,
  context: EngineContext,
  format?: Format,
): Checked<{ readonly changed: readonly string[]; readonly text: string }> => {
  const from = parseServices(current, format);
  if ('problems' in from) {
    return { problems: from.problems.map(({ path, message }) => ({ path: `(current) ${path}`, message })) };
  }
  const to = parseServices(wanted, format);
  if ('problems' in to) return to;
  return diffDocuments(from.document, to.document, context);
};

/** `diffText` for documents that are parsed already. */
export const diffDocuments = (
  current: ServicesDocument,
  wanted: ServicesDocument,
  context: EngineContext,
): { readonly changed: readonly string[]; readonly text: string } => {
  const { changed, operations, purgedPairs } = diffRuleset(current, wanted, context);
  if (operations.length === 0) return { changed, text: '' };
  const purge =
    purgedPairs > 0 ? `\n# and purges the persistence entries of ${purgedPairs} backends that leave` : '';
  return {
    changed,
    text: `${transactionText({ reason: `${changed.length} services change`, operations })}${purge}\n`,
  };
};
