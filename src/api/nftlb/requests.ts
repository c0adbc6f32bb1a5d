/** Bodies of requests → services documents: parsed, merged with what is in force, and judged as a whole. */

import { findJsonError } from '../../config/json-error.js';
import type { JsonObject } from '../../config/nftlb-list.js';
import type { MergeResult } from '../../config/nftlb-merge.js';
import { isObject } from '../../config/service-values.js';
import { parseServices } from '../../config/services.js';
import { formatService } from '../../config/services-format.js';
import { RelevoError } from '../../errors.js';
import type { Problem, ServicesDocument } from '../../model/service.js';
import { unknownAttribute } from './answers.js';

/** The value that a body stands for; no body is no request. */
export const parseBody = (text: unknown): unknown => {
  if (typeof text !== 'string' || text.trim() === '')
    throw new RelevoError('bad-request', 'there is no body');
  try {
    return JSON.parse(text);
  } catch {
    const error = findJsonError(text);
    const detail = error ? `: line ${error.line}, column ${error.column}: ${error.message}` : '';
    throw new RelevoError('bad-request', `the body is not JSON${detail}`);
  }
};

const lists = ['farms', 'addresses', 'policies'];

/** The lists of a request. Policies and addresses of their own are refused unless they are empty. */
export const farmsOf = (body: unknown): unknown => {
  if (Array.isArray(body) && body.length === 0) return [];
  if (!isObject(body))
    throw new RelevoError('bad-request', 'the body must be an object with a list of farms');
  for (const key of Object.keys(body)) {
    if (!lists.includes(key)) {
      throw new RelevoError(
        'bad-document',
        `${key}: unknown attribute: only ${lists.join(', ')} stand here`,
        {
          status: unknownAttribute,
        },
      );
    }
  }
  for (const key of ['addresses', 'policies']) {
    const list = body[key];
    if (list === undefined) continue;
    if (!Array.isArray(list)) throw new RelevoError('bad-request', `${key} must be a list`);
    if (list.length > 0) {
      throw new RelevoError('unsupported', `${key} outside farms cannot be made: remove them`);
    }
  }
  return body.farms ?? [];
};

/** Places as the client knows them: by name, not by the position in the merged document. */
const tell = ({ path, message }: Problem, farms: readonly JsonObject[]): string => {
  const found = /^farms\[(\d+)\]\.?(.*)$/.exec(path);
  const farm = found && farms[Number(found[1])];
  if (!farm) return `${path}: ${message}`;
  const inner = /^(backends|addresses)\[(\d+)\]\.?(.*)$/.exec(found[2] ?? '');
  const part = inner && (farm[inner[1]!] as readonly JsonObject[] | undefined)?.[Number(inner[2])];
  const place = part
    ? `${inner[1]} '${String(part.name)}'${inner[3] ? ` ${inner[3]}` : ''}`
    : (found[2] ?? '');
  return `farm '${String(farm.name)}'${place ? ` ${place}` : ''}: ${message}`;
};

/** As many problems as fit one answer. */
const shownProblems = 10;

export const currentFarms = (document: ServicesDocument): JsonObject[] =>
  document.services.map(formatService);

/** The document that a merge asks for, or everything that is wrong with it. */
export const documentOf = (merged: MergeResult): { document: ServicesDocument; notes: readonly string[] } => {
  if ('refusal' in merged) {
    const { kind, detail } = merged.refusal;
    throw new RelevoError(kind === 'unknown' ? 'not-found' : 'bad-request', detail);
  }
  const parsed = parseServices({ farms: merged.farms });
  if ('document' in parsed) return { document: parsed.document, notes: merged.notes };
  const { problems } = parsed;
  const shown = problems.slice(0, shownProblems).map((problem) => tell(problem, merged.farms));
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more problems`);
  const isUnknown = problems.some(({ kind }) => kind === 'unknown-attribute');
  throw new RelevoError('bad-document', shown.join('; '), isUnknown ? { status: unknownAttribute } : {});
};
