/** SHA-256, for checksums of what is stored and digests of what nodes compare. */

import { createHash } from 'node:crypto';
import type { Hash } from '../ports.js';

export const sha256: Hash = (text) => createHash('sha256').update(text).digest('hex');
