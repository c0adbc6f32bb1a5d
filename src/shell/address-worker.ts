/** The thread that moves addresses: each request waits in the kernel for the RTNL mutex, however long others hold it. */

import { parentPort } from 'node:worker_threads';
import { errorFrom } from '../errors.js';
import type { FromMover, ToMover } from './address-mover.js';
import { createLinks } from './links.js';
import { becomeRealtime } from './realtime.js';

const port = parentPort!;
const links = createLinks();
// A takeover waits for it: like the guard it goes before ordinary work, and like it, without permission, it does not.
becomeRealtime();

const work = async (message: ToMover): Promise<FromMover> => {
  const { id } = message;
  try {
    if (message.verb === 'addresses') return { id, addresses: await links.addresses() };
    await links[message.verb](message.link, message.address, message.prefixLength);
    return { id };
  } catch (thrown) {
    const { code, message: text, facts } = errorFrom(thrown);
    return { id, failed: { code, message: text, facts: { ...facts } } };
  }
};

port.on('message', (message: ToMover | 'close') => {
  if (message !== 'close') return void work(message).then((answer) => port.postMessage(answer));
  // The thread ends by itself when its sockets have closed.
  links.close();
  port.close();
});
