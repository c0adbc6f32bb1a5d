/** Asks services that ban and limit. Part of the sessions probe: its clients, and no process of its own. */

import { connect, type Socket } from 'node:net';
import { sleep } from '../shell/clock.js';
import type { LimitAnswers } from './history.js';
import type { Endpoint, LimitTargets } from './probe-targets.js';

/** Below the second after which TCP asks again (RFC 6298): who is refused is dropped in silence. */
const refusedMs = 900;
/** A client that is served is, also on a busy machine. */
const servedMs = 4_000;
/** `new-rtlimit` lets two through at once. */
const banningAttempts = 8;
/** A machine that stands still refuses everybody: asked again, so often at most. */
const refusalAttempts = 8;
const retryMs = 100;
const beyond = 3;

const open = (
  { host, port }: Endpoint,
  localAddress: string,
  withinMs: number,
): Promise<Socket | 'silence' | 'error'> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, localAddress });
    const give = (value: Socket | 'silence' | 'error'): void => {
      clearTimeout(timer);
      if (typeof value === 'string') socket.destroy();
      resolve(value);
    };
    const timer = setTimeout(() => setImmediate(() => give('silence')), withinMs);
    socket.on('error', () => give('error'));
    socket.once('connect', () => give(socket));
  });

/** Whether it was served at all, and closed at once. */
const ask = async (
  endpoint: Endpoint,
  address: string,
  withinMs: number,
): Promise<'served' | 'silence' | 'error'> => {
  const socket = await open(endpoint, address, withinMs);
  if (typeof socket === 'string') return socket;
  socket.resetAndDestroy();
  return 'served';
};

const grantedTo = async ({ limited, allowed }: LimitTargets, address: string): Promise<number> => {
  const wanted = Array.from({ length: allowed + beyond }, () => open(limited, address, refusedMs));
  const opened = await Promise.all(wanted);
  const sockets = opened.filter((socket) => typeof socket !== 'string');
  for (const socket of sockets) socket.resetAndDestroy();
  return sockets.length;
};

/** `first`: makes the service ban those who are to be banned, as far as they are not. */
export const askLimits = async (targets: LimitTargets, first: boolean): Promise<LimitAnswers> => {
  const { banning, limited, banned, free, greedy } = targets;
  /** Silence tells of a ban only while another service answers this client; an error, of a service without a backend. */
  const isRefused = async (address: string): Promise<boolean> => {
    for (let attempt = 0; attempt < refusalAttempts; attempt += 1) {
      const [answer, elsewhere] = await Promise.all([
        ask(banning, address, refusedMs),
        ask(limited, address, refusedMs),
      ]);
      if (answer === 'served') return false;
      if (answer === 'silence' && elsewhere === 'served') return true;
      await sleep(answer === 'error' ? retryMs : 0);
    }
    return false;
  };
  const refusal = async (address: string): Promise<boolean> => {
    for (let attempt = 0; first && attempt < banningAttempts; attempt += 1) {
      if (await isRefused(address)) break;
    }
    return isRefused(address);
  };
  const [refused, freeServed, granted] = await Promise.all([
    Promise.all(banned.map(async (address) => [address, await refusal(address)] as const)),
    ask(banning, free, servedMs).then((answer) => answer === 'served'),
    grantedTo(targets, greedy[first ? 0 : 1]),
  ]);
  return { refused: Object.fromEntries(refused), freeServed, granted };
};
