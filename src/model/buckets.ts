/** The 256 parts into which digests and resyncs divide a group's entries, and sets of them as bitmaps. */

export const bucketCount = 256;

export const bucketBitmap = (buckets: Iterable<number>): Uint8Array => {
  const bitmap = new Uint8Array(bucketCount / 8);
  for (const bucket of buckets) bitmap[bucket >>> 3]! |= 1 << (bucket & 7);
  return bitmap;
};

/** An undefined bitmap means all. */
export const hasBucket = (bitmap: Uint8Array | undefined, bucket: number): boolean =>
  bitmap === undefined || (bitmap[bucket >>> 3]! & (1 << (bucket & 7))) !== 0;

export const bucketsIn = (bitmap: Uint8Array): number => {
  let buckets = 0;
  for (let bucket = 0; bucket < bucketCount; bucket++) if (hasBucket(bitmap, bucket)) buckets++;
  return buckets;
};
