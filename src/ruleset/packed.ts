/** Many elements of one set in one buffer: a cold start writes hundreds of thousands, and an object each would cost more than the kernel. */

import type { ElementBytes, ElementList, SetSpec } from '../netlink/nft/ast.js';

/** Every part of our keys and values takes one register of four bytes. */
const registerBytes = 4;

/** Counts over several lists: of one transaction. */
export interface Tally {
  elements: number;
  bytes: number;
}

/** Netlink overhead of one element: its list item, and key and data in two attributes each. */
const overheadBytes = 20;

export class PackedElements implements ElementList {
  readonly keyBytes: number;
  readonly dataBytes: number;
  readonly stride: number;
  /** Replaced when it grows: fetch it after `grow`. */
  bytes: Uint8Array;
  length = 0;
  readonly #tally: Tally;

  constructor(set: SetSpec, tally: Tally) {
    this.keyBytes = set.key.length * registerBytes;
    this.dataBytes = Array.isArray(set.data) ? set.data.length * registerBytes : 0;
    this.stride = this.keyBytes + this.dataBytes;
    this.bytes = new Uint8Array(this.stride * 16);
    this.#tally = tally;
  }

  /** Room for one more element, zeroed; returns its offset. */
  grow(): number {
    const at = this.length * this.stride;
    if (at + this.stride > this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 4);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.length++;
    this.#tally.elements++;
    this.#tally.bytes += this.stride + overheadBytes;
    return at;
  }

  /** Takes the last element back. */
  pop(): void {
    this.length--;
    this.#tally.elements--;
    this.#tally.bytes -= this.stride + overheadBytes;
    const at = this.length * this.stride;
    this.bytes.fill(0, at, at + this.stride);
  }

  push(element: ElementBytes): void {
    const at = this.grow();
    this.bytes.set(element.key, at);
    if (element.data instanceof Uint8Array) this.bytes.set(element.data, at + this.keyBytes);
  }

  get packed(): { bytes: Uint8Array; keyBytes: number; dataBytes: number } {
    return { bytes: this.bytes, keyBytes: this.keyBytes, dataBytes: this.dataBytes };
  }

  at(index: number): ElementBytes | undefined {
    if (index < 0 || index >= this.length) return undefined;
    const from = index * this.stride;
    const key = this.bytes.subarray(from, from + this.keyBytes);
    if (this.dataBytes === 0) return { key };
    return { key, data: this.bytes.subarray(from + this.keyBytes, from + this.stride) };
  }

  *[Symbol.iterator](): Generator<ElementBytes> {
    for (let index = 0; index < this.length; index++) yield this.at(index)!;
  }
}
