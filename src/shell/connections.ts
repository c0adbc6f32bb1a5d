/** The port Connections over ctnetlink. */

import { type ErrorCode, errorFrom, RelevoError } from '../errors.js';
import { isIpv6 } from '../model/address.js';
import { type FlowPattern, forgetFlows } from '../netlink/conntrack.js';
import type { Connections, Runner } from '../ports.js';
import { createNetlinkAsker } from './netlink-dumps.js';
import { NETLINK_NETFILTER } from './netlink-socket.js';
import { createRunner } from './runner.js';

/**
 * By dump and delete. IPv6: the kernel's own filter takes an address that is equal for one that differs (nf_conntrack_netlink.c,
 * ctnetlink_filter_match_tuple) and would delete everything else. IPv4: before Linux 6.8 there is no filter.
 */
const forgetOneByOne = async (runner: Runner, pattern: FlowPattern): Promise<void> => {
  const { protocol, serviceAddress, servicePort, backendAddress, backendPort } = pattern;
  const ports = [
    ...(servicePort === undefined ? [] : ['--orig-port-dst', String(servicePort)]),
    ...(backendPort === undefined ? [] : ['--reply-port-src', String(backendPort)]),
  ];
  const { exitCode, stderr } = await runner.run(
    'conntrack',
    [
      '-D',
      '-f',
      isIpv6(serviceAddress) ? 'ipv6' : 'ipv4',
      '-p',
      protocol,
      '-d',
      serviceAddress,
      '-r',
      backendAddress,
      ...ports,
    ],
    { timeoutMs: 10_000 },
  );
  // 1: there was none.
  if (exitCode > 1) throw new RelevoError('command-failed', `conntrack -D: ${stderr.trim()}`);
};

/** What kernels say that know no filter for deletions (ENOENT, EINVAL, EOPNOTSUPP). */
const noFilter: ReadonlySet<ErrorCode> = new Set(['kernel-missing', 'kernel-refused', 'unsupported']);

export const createConnections = (runner: Runner = createRunner()): Connections => {
  const asker = createNetlinkAsker(NETLINK_NETFILTER, { messageBytes: 16 * 1024 });
  let filters = true;
  return {
    async forget(pattern) {
      if (!filters || isIpv6(pattern.serviceAddress)) return forgetOneByOne(runner, pattern);
      const { protocol, serviceAddress, servicePort, backendAddress, backendPort } = pattern;
      try {
        await asker.ask(
          `forgetting ${protocol} flows to ${serviceAddress} port ${servicePort ?? 'any'} by ${backendAddress} port ${backendPort ?? 'any'}`,
          (sequence) => forgetFlows(pattern, sequence),
          () => {},
        );
      } catch (thrown) {
        if (!noFilter.has(errorFrom(thrown).code)) throw thrown;
        filters = false;
        await forgetOneByOne(runner, pattern);
      }
    },
    close: () => asker.close(),
  };
};
