/** Rules and transactions in nft's own syntax: what `render`, `diff`, logs and golden cases show. */

import type {
  Field,
  Key,
  Operation,
  Part,
  RuleSpec,
  Statement,
  TableName,
  Transaction,
  Verdict,
} from './ast.js';
import { ctStateBit } from './numbers.js';
import { chainText, elementText, fieldValueText, quote, setText } from './text-objects.js';
import { durationText } from './text-values.js';

/** `icmpv6 taddr` has no name in nft 1.0.6: the raw payload means the same. */
const fieldText = (field: Field): string => (field === 'icmpv6 taddr' ? '@th,64,128' : field);

const partText = (part: Part): string => {
  if (part.kind === 'field') return fieldText(part.field);
  if (part.kind === 'numgen') return `numgen ${part.mode} mod ${part.modulus}`;
  if (part.kind === 'symhash') return `symhash mod ${part.modulus}`;
  return `jhash ${part.fields.map(fieldText).join(' . ')} mod ${part.modulus} seed 0x${part.seed.toString(16)}`;
};

export const keyText = (key: Key): string => key.map(partText).join(' . ');

export const verdictText = (verdict: Verdict): string =>
  'chain' in verdict ? `${verdict.kind} ${verdict.chain}` : verdict.kind;

const logText = (statement: Extract<Statement, { kind: 'log' }>): string =>
  [
    'log',
    ...(statement.prefix ? [`prefix ${quote(statement.prefix)}`] : []),
    `group ${statement.group}`,
    ...(statement.snaplen ? [`snaplen ${statement.snaplen}`] : []),
    ...(statement.queueThreshold ? [`queue-threshold ${statement.queueThreshold}`] : []),
  ].join(' ');

const dynsetText = (statement: Extract<Statement, { kind: 'dynset' }>): string => {
  const timeout = statement.timeoutMs === undefined ? '' : ` timeout ${durationText(statement.timeoutMs)}`;
  const data = statement.data ? ` : ${keyText(statement.data)}` : '';
  return `${statement.op} @${statement.set} { ${keyText(statement.key)}${timeout}${data} }`;
};

/** One statement. `family` decides whether `dnat` must name its own. */
export const statementText = (statement: Statement, family: TableName['family'] = 'ip'): string => {
  switch (statement.kind) {
    case 'compare': {
      const op = statement.op === '!=' ? '!= ' : '';
      return `${fieldText(statement.field)} ${op}${fieldValueText(statement.field, statement.value)}`;
    }
    case 'lookup':
      return `${keyText(statement.key)} ${statement.invert ? '!= ' : ''}@${statement.set}`;
    case 'vmap':
      return `${keyText(statement.key)} vmap @${statement.map}`;
    case 'nat': {
      // nft names the family when an address and a port come from one map, and always in inet.
      const named = statement.dataTypes.length > 1 || family === 'inet';
      const natFamily = statement.dataTypes[0] === 'ipv6_addr' ? ' ip6' : ' ip';
      return `${statement.type}${named ? natFamily : ''} to ${keyText(statement.key)} map @${statement.map}`;
    }
    case 'ct-state':
      return `ct state ${[...statement.states].sort((a, b) => ctStateBit[a] - ctStateBit[b]).join(',')}`;
    case 'ct-direction':
      return `ct direction ${statement.direction}`;
    case 'ct-status-dnat':
      return 'ct status dnat';
    case 'log':
      return logText(statement);
    case 'dynset':
      return dynsetText(statement);
    case 'set-priority':
      return `meta priority set ${keyText(statement.key)} map @${statement.map}`;
    case 'reject-port-unreachable':
      return 'reject with icmp port-unreachable';
    case 'reject-tcp-reset':
      return 'reject with tcp reset';
    case 'verdict':
      return verdictText(statement.verdict);
    case 'masquerade':
    case 'notrack':
    case 'counter':
      return statement.kind;
  }
};

/** The statements of a rule and its comment, as a line of a chain. */
export const ruleText = (rule: RuleSpec, family: TableName['family'] = 'ip'): string => {
  const words = rule.statements.map((statement) => statementText(statement, family));
  if (rule.comment !== undefined) words.push(`comment ${quote(rule.comment)}`);
  return words.join(' ');
};

const tableText = (table: TableName): string => `${table.family} ${table.name}`;

/** Elements listed in full before the rest are counted: a cold start has hundreds of thousands. */
const elementsShown = 1000;

const elementsText = (
  verb: string,
  operation: Extract<Operation, { readonly op: 'add-elements' | 'destroy-elements' | 'delete-elements' }>,
): string => {
  const shown: string[] = [];
  for (const element of operation.elements) {
    if (shown.length === elementsShown) break;
    shown.push(elementText(operation.set, element, operation.op === 'add-elements'));
  }
  const rest = operation.elements.length - shown.length;
  const more = rest > 0 ? `\n# and ${rest} more elements` : '';
  return `${verb} element ${tableText(operation.table)} ${operation.set.name} { ${shown.join(', ')} }${more}`;
};

export const operationText = (operation: Operation): string => {
  const table = tableText(operation.table);
  switch (operation.op) {
    case 'add-table':
      return `add table ${table}${operation.owner ? ' { flags owner,persist; }' : ''}`;
    case 'delete-table':
      return `${operation.destroy ? 'destroy' : 'delete'} table ${table}`;
    case 'add-chain':
      return `add chain ${table} ${chainText(operation.chain)}`;
    case 'flush-chain':
      return `flush chain ${table} ${operation.chain}`;
    case 'delete-chain':
      return `delete chain ${table} ${operation.chain}`;
    case 'add-rule':
      return `add rule ${table} ${operation.rule.chain} ${ruleText(operation.rule, operation.table.family)}`;
    case 'add-set':
      return `add ${operation.set.data === undefined ? 'set' : 'map'} ${table} ${setText(operation.set)}`;
    case 'delete-set':
      return `delete set ${table} ${operation.set}`;
    case 'flush-set':
      return `flush set ${table} ${operation.set}`;
    case 'add-elements':
      return elementsText(operation.create ? 'create' : 'add', operation);
    case 'destroy-elements':
      return elementsText('destroy', operation);
    case 'delete-elements':
      return elementsText('delete', operation);
  }
};

/** The transaction as a script for `nft -f`, its reason as the first line. */
export const transactionText = (transaction: Transaction): string =>
  [`# ${transaction.reason}`, ...transaction.operations.map(operationText)].join('\n');

/** The text of a transaction, or of one operation or one statement. */
export const toText = (value: Transaction | Operation | Statement): string => {
  if ('operations' in value) return transactionText(value);
  return 'op' in value && 'table' in value ? operationText(value) : statementText(value as Statement);
};
