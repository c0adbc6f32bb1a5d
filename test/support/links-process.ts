/** Watches the links of the namespace it is started in, with sysfs of that namespace; writes what it is told as JSON lines. */

import { createLinks } from '../../src/shell/links.js';

const say = (what: object): void => {
  process.stdout.write(`${JSON.stringify({ ...what, atMs: Date.now() })}\n`);
};

const links = createLinks({ carrierLinks: process.argv.slice(2) });
links.onChange((name, state) => say({ name, usable: state?.usable ?? null }));
links.onAddressChange(() => say({ name: 'addresses' }));
// The first list is behind this answer.
await links.addresses();
say({ name: 'ready' });
setInterval(() => links.look(), 20);
