/** The kernel keeps the promises that the rule engine relies on; the fake is judged by the same suite. */

import test from 'ava';
import { operationText } from '../../src/netlink/nft/text.js';
import { enterKernel } from './kernel.js';
import { testNft } from './nft-suite.js';

const kernel = enterKernel();
test.after.always(() => kernel.dispose());
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

testNft(test, 'kernel', () => ({
  nft: kernel.nft,
  pass: wait,
  async foreign(...operations) {
    for (const operation of operations) kernel.stockNft(operationText(operation));
    await wait(50);
  },
}));
