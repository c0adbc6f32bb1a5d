/** The built programs as processes of their own in a namespace, and nftlb's interface of theirs. Needs `npm run build`. */

import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initAuthority, issueCertificate } from '../../src/shell/certificates.js';
import { builtProgram } from '../../src/shell/programs.js';
import type { TestNamespaces } from './netns.js';

export interface Reply {
  readonly status: number;
  readonly body: string;
}

interface ApiPlace {
  readonly host: string;
  readonly port: number;
  readonly key: string;
  /** HTTPS, by whatever certificate. */
  readonly tls?: boolean;
}

/** Answers of nftlb's interface at an address that this process reaches. */
const askApi = (at: ApiPlace, method: string, path: string, body?: object): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const call = (at.tls ? httpsRequest : httpRequest)(
      {
        host: at.host,
        port: at.port,
        method,
        path,
        agent: false,
        timeout: 20_000,
        headers: { Key: at.key },
        rejectUnauthorized: false,
      },
      (response) => {
        let text = '';
        response.on('data', (part) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      },
    );
    call.on('timeout', () => call.destroy(new Error('timeout')));
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });

export interface Program {
  readonly child: ChildProcess;
  ask(method: string, path: string, body?: object): Promise<Reply>;
  /** Throws unless it is accepted. */
  apply(body: object, method?: string): Promise<void>;
  farm(name: string): Promise<FarmState>;
  /** Lines of its log from `warn` on. */
  warnings(): readonly string[];
  output(): string;
  /** Ends it; resolves with its exit code, or the signal. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

interface Stated {
  readonly name: string;
  readonly state: string;
  readonly 'state-reason'?: string;
}

export interface FarmState extends Stated {
  readonly backends: readonly Stated[];
}

const key = 'a key of the tests';

/** Starts it, and resolves when its interface answers. */
const start = async (
  namespaces: TestNamespaces,
  namespace: string,
  place: ApiPlace,
  argv: readonly string[],
): Promise<Program> => {
  const child = namespaces.start(namespace, 'env', ...argv);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      output += part;
    });
  }
  const ended = new Promise<number | string>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'gone')),
  );
  const ask = (method: string, path: string, body?: object): Promise<Reply> =>
    askApi(place, method, path, body);
  const program: Program = {
    child,
    ask,
    async apply(body, method = 'POST') {
      const paths = ['policies', 'addresses'].filter((one) => one in body);
      const reply = await ask(method, `/${paths[0] ?? 'farms'}`, body);
      if (reply.status !== 200) throw new Error(`${reply.status}: ${reply.body}`);
    },
    async farm(name) {
      const { body } = await ask('GET', `/farms/${name}`);
      return (JSON.parse(body) as { farms: [FarmState] }).farms[0];
    },
    warnings: () => output.split('\n').filter((line) => /"level":(40|50|60)/.test(line)),
    output: () => output,
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
  const end = performance.now() + 30_000;
  for (;;) {
    try {
      await ask('GET', '/farms');
      return program;
    } catch (thrown) {
      if (child.exitCode !== null) throw new Error(`it ended with ${await ended}: ${output}`);
      if (performance.now() > end) throw new Error(`no answer: ${output}`, { cause: thrown });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};

const relevo = (): readonly string[] => [process.execPath, builtProgram('bin/relevo.js')];

export const startNftlb = (
  namespaces: TestNamespaces,
  namespace: string,
  host: string,
  ...args: readonly string[]
): Promise<Program> =>
  start(namespaces, namespace, { host, port: 5555, key }, [
    ...relevo(),
    ...['nftlb', '-H', host, '-P', '5555', '-k', key, '-l', '6'],
    ...args,
  ]);

export interface AgentFiles {
  start(): Promise<Program>;
  /** The control interface: a path of it, parsed. */
  control<T>(path: string): Promise<T>;
  /** Resolves when the services that it would start with contain this text. */
  stored(text: string): Promise<void>;
  dispose(): void;
}

/**
 * An agent that is a cluster by itself, with nftlb's interface by HTTPS and its key from the environment. It looks at every Ethernet
 * interface.
 */
export const prepareAgent = async (
  namespaces: TestNamespaces,
  namespace: string,
  host: string,
  floating: { readonly address: string; readonly interface: string },
  change: object = {},
): Promise<AgentFiles> => {
  const folder = mkdtempSync(join(tmpdir(), 'relevo-agent-'));
  await initAuthority(folder, 'test');
  await issueCertificate(folder, 'lb1');
  const file = join(folder, 'node.yaml');
  const config = {
    cluster: 'test',
    node: 'lb1',
    nodes: [{ name: 'lb1', heartbeat: [`${host}:5780`], sync: `${host}:5781` }],
    groups: [{ name: 'g1', addresses: [floating] }],
    engine: { interfaces: 'all' },
    secretFile: 'heartbeat.secret',
    tls: { ca: 'ca.crt', cert: 'lb1.crt', key: 'lb1.key' },
    stateDir: folder,
    controlSocket: join(folder, 'relevo.sock'),
    api: { listen: `${host}:5555`, tls: { cert: 'lb1.crt', key: 'lb1.key' } },
    ...change,
  };
  writeFileSync(file, JSON.stringify(config));
  return {
    start: () =>
      start(namespaces, namespace, { host, port: 5555, key, tls: true }, [
        `RELEVO_NFTLB_KEY=${key}`,
        ...relevo(),
        ...['agent', '-c', file],
      ]),
    control: (path) =>
      new Promise((resolve, reject) => {
        const call = httpRequest({ socketPath: config.controlSocket, path, agent: false }, (response) => {
          let text = '';
          response.on('data', (part) => {
            text += part;
          });
          response.on('end', () => resolve(JSON.parse(text)));
        });
        call.on('error', reject);
        call.end();
      }),
    async stored(text) {
      const services = join(folder, 'services.json');
      const end = performance.now() + 20_000;
      while (!existsSync(services) || !readFileSync(services, 'utf8').includes(text)) {
        if (performance.now() > end) throw new Error(`${services} does not have ${text}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
};
