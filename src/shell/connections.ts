/** The port Connections over ctnetlink. */

import { RelevoError } from '../errors.js';
import { isIpv6 } from '../model/address.js';
import { type FlowPattern, forgetFlows } from '../netlink/conntrack.js';
import type { Connections, Runner } from '../ports.js';
import { createNetlinkAsker } from './netlink-dumps.js';
import { NETLINK_NETFILTER } from './netlink-socket.js';
import { createRunner } from './runner.js';

/**
 * IPv6 goes by dump and delete: the kernel's own filter takes an address that is equal for one that differs (nf_conntrack_netlink.c,
 * ctnetlink_filter_match_tuple) and would delete everything else.
 */
const forgetOneByOne = async (runner: Runner, pattern: FlowPattern): Promise<void> => {
  const { protocol, serviceAddress, servicePort, backendAddress, backendPort } = pattern;
  const ports = [
    ...(servicePort === undefined ? [] : ['--orig-port-dst', String(servicePort)]),
    ...(backendPort === undefined ? [] : ['--reply-port-src', String(backendPort)]),
  ];
  const { exitCode, stderr } = await runner.run(
    'conntrack',
    ['-D', '-f', 'ipv6', '-p', protocol, '-d', serviceAddress, '-r', backendAddress, ...ports],
    { timeoutMs: 10_000 },
  );
  // 1: there was none.
  if (exitCode > 1) throw new RelevoError('command-failed', `conntrack -D: ${stderr.trim()}`);
};

export const createConnections = (runner: Runner = createRunner()): Connections => {
  const asker = createNetlinkAsker(NETLINK_NETFILTER, { messageBytes: 16 * 1024 });
  return {
    async forget(pattern) {
      if (isIpv6(pattern.serviceAddress)) return forgetOneByOne(runner, pattern);
      const { protocol, serviceAddress, servicePort, backendAddress, backendPort } = pattern;
      await asker.ask(
        `forgetting ${protocol} flows to ${serviceAddress} port ${servicePort ?? 'any'} by ${backendAddress} port ${backendPort ?? 'any'}`,
        (sequence) => forgetFlows(pattern, sequence),
        () => {},
      );
    },
    close: () => asker.close(),
  };
};
