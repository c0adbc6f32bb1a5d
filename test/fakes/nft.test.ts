/** The fake keeps the promises of the kernel. */

import test from 'ava';
import { testNft } from '../contract/nft-suite.js';
import { createFakeNft } from './nft.js';

testNft(test, 'fake', () => {
  let nowMs = 0;
  const nft = createFakeNft({ nowMs: () => nowMs });
  return {
    nft,
    async pass(ms) {
      nowMs += ms;
    },
    async foreign(...operations) {
      nft.foreign(...operations);
    },
  };
});
