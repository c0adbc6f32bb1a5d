/** The built `relevo nftlb` as a process of its own in a namespace, and its interface. Needs `npm run build`. */

import type { ChildProcess } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { builtProgram } from '../../src/shell/programs.js';
import type { TestNamespaces } from './netns.js';

export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** Answers of nftlb's interface at an address that this process reaches. */
export const askApi = (
  at: { readonly host: string; readonly port: number; readonly key: string },
  method: string,
  path: string,
  body?: object,
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const call = httpRequest(
      { host: at.host, port: at.port, method, path, agent: false, timeout: 20_000, headers: { Key: at.key } },
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

export interface NftlbProgram {
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

/** Resolves when it answers. */
export const startNftlb = async (
  namespaces: TestNamespaces,
  namespace: string,
  host: string,
  ...args: readonly string[]
): Promise<NftlbProgram> => {
  const port = 5555;
  const child = namespaces.start(
    namespace,
    process.execPath,
    builtProgram('bin/relevo.js'),
    ...['nftlb', '-H', host, '-P', String(port), '-k', key, '-l', '6', ...args],
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      output += part;
    });
  }
  const ended = new Promise<number | string>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'gone')),
  );
  const ask = (method: string, path: string, body?: object): Promise<Reply> =>
    askApi({ host, port, key }, method, path, body);
  const program: NftlbProgram = {
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
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${output}`);
      if (performance.now() > end) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};
