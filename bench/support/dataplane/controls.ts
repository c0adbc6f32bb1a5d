/** What many destinations cost whoever looks them up: the controls of relevo's own figure for connections spread over all services. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Balancer, rules, trackingOnly } from './balancers.js';
import { backendAddress, backendNumbers, backendPort, vip } from './rig.js';
import type { Target } from './subject.js';

const choice = backendNumbers
  .map((number, at) => `${at} : ${backendAddress(number)} . ${backendPort}`)
  .join(', ');
/** Short enough for the parser of nft, whose memory grows with the longest command. */
const elementsPerCommand = 1_000;

/** nftlb's layout: one map from address, protocol and port to a chain of each service's own, with its scheduler in it. */
export const chainPerService = (targets: readonly Target[]): Balancer =>
  rules(() => {
    const elements = targets.map(({ address, port }, at) => `${address} . tcp . ${port} : goto s${at}`);
    const commands = Array.from({ length: Math.ceil(elements.length / elementsPerCommand) }, (_, at) =>
      elements.slice(at * elementsPerCommand, (at + 1) * elementsPerCommand).join(', '),
    );
    return `table ip perservice {
  map services {
    type ipv4_addr . inet_proto . inet_service : verdict;
  }
${targets
  .map(
    (_, at) => `  chain s${at} {
    meta l4proto tcp dnat ip to numgen random mod ${backendNumbers.length} map { ${choice} }
  }`,
  )
  .join('\n')}
  chain in {
    type nat hook prerouting priority dstnat;
    ip daddr . ip protocol . th dport vmap @services
  }
}
${commands.map((command) => `add element ip perservice services { ${command} }`).join('\n')}
`;
  });

/** A route to each destination, shared out over the backends' interfaces, and connection tracking; nothing is translated. */
export const routePerService =
  (targets: readonly Target[]): Balancer =>
  async (rig) => {
    const folder = mkdtempSync(join(tmpdir(), 'relevo-routes-'));
    const file = join(folder, 'routes');
    try {
      rig.namespaces.run(rig.balancer, 'ip', 'addr', 'del', `${vip}/32`, 'dev', rig.frontDevice);
      writeFileSync(
        file,
        targets
          .map(
            ({ address }, at) =>
              `route add ${address}/32 via ${backendAddress(backendNumbers[at % backendNumbers.length]!)}\n`,
          )
          .join(''),
      );
      rig.namespaces.run(rig.balancer, 'ip', '-batch', file);
    } finally {
      rmSync(folder, { recursive: true });
    }
    return await trackingOnly(rig);
  };
