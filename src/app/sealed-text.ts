/** Text under a checksum: what a torn write or a bad sector has left is recognised. */

import type { Hash } from '../ports.js';

const mark = '# relevo 1 ';

export interface Unsealed {
  /** One line about the text. */
  readonly note: string;
  readonly text: string;
}

/** `# relevo 1 <SHA-256 of the rest>`, the note, the text. */
export const sealed = (note: string, text: string, hash: Hash): string => {
  const rest = `${note}\n${text}`;
  return `${mark}${hash(rest)}\n${rest}`;
};

/** `plain`: written without a seal, by an older version. */
export const unsealed = (content: string, hash: Hash): Unsealed | 'torn' | 'plain' => {
  if (!content.startsWith(mark)) return content.trimStart().startsWith('{') ? 'plain' : 'torn';
  const end = content.indexOf('\n');
  const rest = content.slice(end + 1);
  if (end < 0 || content.slice(mark.length, end) !== hash(rest)) return 'torn';
  const line = rest.indexOf('\n');
  return line < 0 ? 'torn' : { note: rest.slice(0, line), text: rest.slice(line + 1) };
};
