/** What marks come to: the service's together with its backend's, within the bits that are relevo's. */

import type { Backend, Service } from '../../model/service.js';
import type { EngineContext } from '../context.js';

type Marked = Pick<EngineContext, 'markMask'>;

/** All 32 bits: marks of the services say which are used. */
const anyBit = 0xffff_ffff;

/** Or-ed, as nftlb does. Nothing is recognised by a mark, so two backends may have the same. */
export const markOf = (service: Service, backend: Backend | undefined, { markMask }: Marked): number =>
  (((service.mark ?? 0) | (backend?.mark ?? 0)) & (markMask ?? anyBit)) >>> 0;

/** Bits of the mask that relevo must not write: of the service's own mark, or of a backend's. */
export const foreignBits = (mark: number | undefined, { markMask }: Marked): number =>
  ((mark ?? 0) & ~(markMask ?? anyBit)) >>> 0;

/** The single bits of a number, lowest first. */
export const bitsOf = (mark: number): number[] =>
  Array.from({ length: 32 }, (_, place) => (1 << place) >>> 0).filter((bit) => (mark & bit) !== 0);
