/** Rules and transactions in nft's own syntax: what `render`, `diff`, logs and golden cases show. */

import type { Operation, RuleSpec, Statement, TableName, Transaction } from './ast.js';
import { chainText, elementText, flowtableText, objectText, setText } from './text-objects.js';
import { comparedTransport, statementText } from './text-statements.js';
import { quote } from './text-values.js';

/** The statements of a rule and its comment, as a line of a chain. */
export const ruleText = (rule: RuleSpec, family: TableName['family'] = 'ip'): string => {
  let transport: string | undefined;
  const words = rule.statements.map((statement) => {
    transport = comparedTransport(statement) ?? transport;
    return statementText(statement, family, transport);
  });
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
    case 'add-object':
      return `add ${operation.object.type} ${table} ${objectText(operation.object)}`;
    case 'delete-object':
      return `delete ${operation.object.type} ${table} ${operation.object.name}`;
    case 'add-flowtable':
      return `add flowtable ${table} ${flowtableText(operation.flowtable)}`;
    case 'delete-flowtable':
      return `delete flowtable ${table} ${operation.flowtable}`;
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
