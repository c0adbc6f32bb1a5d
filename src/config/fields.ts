/** The kinds of value that configuration files share, each with a message that says how to write it. */

import { z } from 'zod';
import { type Ipv4, isUnicast, parseIpPrefix, parseIpv4 } from '../model/address.js';
import type { SocketAddress } from '../model/node.js';

export const name = z
  .string({ error: 'is missing: give a name' })
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}$/,
    'must be 1 to 32 letters, digits, - or _, and start with a letter or digit',
  );

export const ipv4 = z
  .string({ error: 'is missing: give an IPv4 address' })
  .transform((text, context): Ipv4 => {
    const address = parseIpv4(text);
    if (address) return address;
    context.addIssue(`'${text}' is not an IPv4 address: write it like 10.0.0.1`);
    return z.NEVER;
  });

export const socketAddress = z
  .string({ error: 'is missing: write it as address:port, like 10.30.0.1:5780' })
  .transform((text, context): SocketAddress => {
    const [addressText = '', portText = ''] = text.split(':');
    const address = parseIpv4(addressText);
    const port = Number(portText);
    if (address && /^\d+$/.test(portText) && port >= 1 && port <= 65_535) return { address, port };
    context.addIssue(`'${text}' is not an address and port: write it like 10.30.0.1:5780`);
    return z.NEVER;
  });

export const interfaceName = z
  .string({ error: 'is missing: name an interface' })
  .regex(/^[^\s/]{1,15}$/, 'must be an interface name of 1 to 15 characters');

export const prefix = z.string({ error: 'is missing: give an address' }).transform((text, context) => {
  const parsed = parseIpPrefix(text);
  if (parsed && isUnicast(parsed.address)) return parsed;
  context.addIssue(
    parsed
      ? `${parsed.address} is not an address that a node can have: give a unicast address`
      : `'${text}' is not an address with a prefix length: write it like 10.10.0.100/24 or 2001:db8::100/64`,
  );
  return z.NEVER;
});

export const milliseconds = (least: number, most: number) =>
  z.number({ error: 'must be a number of milliseconds' }).int().min(least).max(most);

export const path = z.string({ error: 'is missing: give the path of a file' }).min(1, 'must not be empty');

export const logLevel = z.enum(['debug', 'info', 'warn', 'error']).default('info');

/** An absolute path stays; a relative one counts from `folder`. */
export const resolvePath = (text: string, folder: string): string =>
  text.startsWith('/') ? text : `${folder}/${text}`;
