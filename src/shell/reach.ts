/** Whether a host answers at all: a TCP connection is made and dropped, or refused (RFC 9293, section 3.10.7.1). */

import { connect } from 'node:net';

const answers = new Set(['ECONNREFUSED', 'ECONNRESET']);

/** False: nothing came back within `ms`, or there is no way to it. */
export const reachesHost = (
  { address, port }: { address: string; port: number },
  ms: number,
): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const settle = (isThere: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(isThere);
    };
    const timer = setTimeout(() => settle(false), ms);
    socket.once('connect', () => settle(true));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(answers.has(error.code ?? '')));
  });
