/** `relevo nftlb`: nftlb's own flags, and its documents turned into ours and back. */

import type { Command } from 'commander';
import { createOpenApi } from '../api/nftlb/openapi.js';
import { formatProblems } from '../config/problems.js';
import { parseServices } from '../config/services.js';
import { formatServices } from '../config/services-format.js';
import { RelevoError } from '../errors.js';
import type { ServicesDocument } from '../model/service.js';
import { runNftlbNode } from '../nftlb-node.js';
import type { Log } from '../ports.js';
import { keyFromEnvironment, readTlsPair } from '../shell/api-access.js';
import { detach, isDetached, makeKey, tellParent } from '../shell/detached.js';
import { readInput } from '../shell/input.js';
import { createLog, type LogPlace } from '../shell/log.js';
import { abortOnSignals } from '../shell/signals.js';
import type { Output } from './client-commands.js';

interface Flags {
  readonly config?: string;
  readonly exit?: boolean;
  readonly key?: string;
  readonly keyFile?: string;
  readonly daemon?: boolean;
  readonly ipv6?: boolean;
  readonly host?: string;
  readonly port: string;
  readonly log: string;
  readonly logOutput?: string;
  readonly serial?: boolean;
  readonly masqueradeMark?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

const usage = (message: string): RelevoError => new RelevoError('bad-request', message);

/** syslog's levels (0 to 7) in ours. */
const levelOf = (text: string) => {
  if (!/^[0-7]$/.test(text)) throw usage(`--log: '${text}' is no level from 0 to 7`);
  const level = Number(text);
  return level <= 3 ? 'error' : level === 4 ? 'warn' : level <= 6 ? 'info' : 'debug';
};

/** nftlb's numbers, and names. Who runs in the background has no terminal to write to. */
const outputs: Readonly<Record<string, readonly LogPlace[]>> = {
  0: ['syslog'],
  1: ['stdout'],
  2: ['stderr'],
  3: ['syslog', 'stdout'],
  4: ['syslog', 'stderr'],
  syslog: ['syslog'],
  stdout: ['stdout'],
  stderr: ['stderr'],
};
const placesOf = ({ logOutput, daemon, exit }: Flags): readonly LogPlace[] => {
  const chosen = outputs[logOutput ?? (daemon && !exit ? '0' : '2')];
  if (chosen) return chosen;
  throw usage(
    `--log-output: '${logOutput}' is not 0 (syslog), 1 (stdout), 2 (stderr), 3 (0 and 1) or 4 (0 and 2)`,
  );
};

/** What nftlb does with these flags is not needed here; whoever gives them is told so. */
const withoutEffect = ({ serial, masqueradeMark }: Flags, log: Log): void => {
  if (serial) log.info({}, '--serial has no effect: changes are made one after the other anyway');
  if (masqueradeMark !== undefined) {
    log.info({}, '--masquerade-mark has no effect: no mark is needed to masquerade, and none is set');
  }
};

const portOf = (text: string): number => {
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535) return Number(text);
  throw usage(`--port: '${text}' is no port`);
};

const keyOf = async (
  { key, keyFile, exit }: Flags,
  environment: Readonly<Record<string, string | undefined>>,
  output: Output,
): Promise<string> => {
  const given =
    (key === '' ? undefined : key) ??
    (keyFile === undefined ? keyFromEnvironment(environment) : (await readInput(keyFile)).trim());
  if (given !== undefined && given !== '') return given;
  const made = makeKey();
  if (!exit) output.print(`Key: ${made}`);
  return made;
};

const tlsFilesOf = ({ tlsCert, tlsKey }: Flags) => {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) throw usage('--tls-cert and --tls-key come together');
  return { cert: tlsCert, key: tlsKey };
};

const read = async (file: string): Promise<ServicesDocument> => {
  const parsed = parseServices(await readInput(file));
  if ('document' in parsed) return parsed.document;
  throw new RelevoError('bad-document', `${file} was refused:\n${formatProblems(parsed.problems)}`);
};

const ours = [
  'replicate',
  'service-connlimit',
  'synproxy',
  'persist-full',
  'persist-refused',
  'counters',
  'global',
  'state-reason',
  'health',
];

/** Without what nftlb does not know; what it cannot do is refused. */
const exported = (document: ServicesDocument): string => {
  const other = document.services.find(
    ({ scheduler }) => scheduler === 'maglev' || scheduler === 'leastconn',
  );
  if (other) {
    throw new RelevoError(
      'unsupported',
      `farm '${other.name}': nftlb has no scheduler ${other.scheduler}: use hash or weight`,
    );
  }
  const value: unknown = JSON.parse(
    formatServices(document),
    function reviver(this: object, key, one: unknown) {
      const isElement = key === 'timeout' && 'data' in this;
      if (key === 'state' && one === 'drain') return 'off';
      return ours.includes(key) || isElement ? undefined : one;
    },
  );
  return JSON.stringify(value, null, 8);
};

const run = async (
  flags: Flags,
  environment: Readonly<Record<string, string | undefined>>,
  output: Output,
): Promise<void> => {
  if (flags.masqueradeMark !== undefined && !/^(0x)?[0-9a-f]{1,8}$/i.test(flags.masqueradeMark)) {
    throw usage(`--masquerade-mark: '${flags.masqueradeMark}' is not hexadecimal`);
  }
  const key = await keyOf(flags, environment, output);
  const port = portOf(flags.port);
  const level = levelOf(flags.log);
  const places = placesOf(flags);
  if (flags.daemon && !flags.exit && !isDetached()) {
    // A key that was made is in the environment there, where other users cannot read it.
    await detach({ RELEVO_NFTLB_KEY: key });
    return;
  }
  const log = createLog(level, { node: 'nftlb' }, places);
  withoutEffect(flags, log);
  const tlsFiles = tlsFilesOf(flags);
  await runNftlbNode(
    {
      document: flags.config === undefined ? undefined : await readInput(flags.config),
      exit: flags.exit ?? false,
      key,
      host: flags.host ?? (flags.ipv6 ? '::1' : '127.0.0.1'),
      port,
      tls: tlsFiles && (await readTlsPair(tlsFiles)),
      tlsFiles,
      log,
      ready: tellParent,
    },
    abortOnSignals(),
  );
};

export const addNftlbCommands = (
  program: Command,
  environment: Readonly<Record<string, string | undefined>>,
  output: Output,
): void => {
  const nftlb = program
    .command('nftlb')
    .description('run one node without a cluster, with the flags and the interface of nftlb')
    .option('-l, --log <level>', 'syslog level, 0 to 7', '5')
    .option(
      '-L, --log-output <output>',
      '0 syslog (default with -d), 1 stdout, 2 stderr (default), 3 and 4: syslog too',
    )
    .option('-c, --config <file>', 'services to begin with')
    .option('-k, --key <key>', 'key of the interface; else RELEVO_NFTLB_KEY, or one is made and printed')
    .option('--key-file <file>', 'the key, where no process list shows it')
    .option('-e, --exit', 'apply the configuration and end: status 1 when anything of it was refused')
    .option('-d, --daemon', 'run in the background; returns when requests are answered')
    .option('-6, --ipv6', 'listen on ::1 unless --host says otherwise')
    .option('-H, --host <host>', 'address to listen on (default: 127.0.0.1)')
    .option('-P, --port <port>', 'port to listen on', '5555')
    .option('-S, --serial', 'accepted: changes are made one after the other anyway')
    .option('-m, --masquerade-mark <mark>', 'accepted: no mark is needed to masquerade')
    .option('--tls-cert <file>', 'certificate in PEM: HTTPS instead of HTTP')
    .option('--tls-key <file>', 'its key')
    .action((flags: Flags) => run(flags, environment, output));
  nftlb
    .command('import')
    .argument('<file>', "nftlb's document; - reads standard input")
    .description('print it as a services document, with every default spelled out')
    .action(async (file: string) => output.print(formatServices(await read(file)).trimEnd()));
  nftlb
    .command('export')
    .argument('<file>', 'services document, JSON or YAML; - reads standard input')
    .description('print it as nftlb takes it')
    .action(async (file: string) => output.print(exported(await read(file))));
  nftlb
    .command('openapi')
    .description('print the description of the interface')
    .action(() => output.print(JSON.stringify(createOpenApi(), null, 2)));
};
