/** The system's log: datagrams to its socket (RFC 3164 as glibc's syslog(3) writes it), from lines of pino. Nobody there: said to nobody. */

import { bytesOfUnixAddress, sendto, socket } from './libc.js';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const LOG_DAEMON = 3 << 3;

/** pino's levels in syslog's. */
const severityOf = (level: number): number => (level >= 50 ? 3 : level >= 40 ? 4 : level >= 30 ? 6 : 7);

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => String(value).padStart(2, '0');
const stamp = (at: Date): string =>
  `${months[at.getMonth()]} ${String(at.getDate()).padStart(2)} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;

export const createSyslog = (program: string, path = '/dev/log'): { write(line: string): void } => {
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const address = bytesOfUnixAddress(path);
  return {
    write(line) {
      const level = Number(/^\{"level":(\d+)/.exec(line)?.[1] ?? 30);
      const head = `<${LOG_DAEMON | severityOf(level)}>${stamp(new Date())} ${program}[${process.pid}]: `;
      const bytes = Buffer.from(head + line.trimEnd(), 'utf8');
      sendto(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL, address, address.length);
    },
  };
};
