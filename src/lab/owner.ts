/** What a lab asks of the program that owns the floating addresses: relevo itself, or the peer it is compared with. */

import type { Clock, Daemons, Files, Runner } from '../ports.js';
import type { ProcessSpec } from './processes.js';
import type { LabState } from './state.js';
import type { NodeName } from './topology.js';

export interface LabPorts {
  readonly runner: Runner;
  readonly files: Files;
  readonly daemons: Daemons;
  readonly clock: Clock;
}

export interface NodeView {
  /** It answers questions at all. */
  readonly running: boolean;
  /** It could take over now, or is the owner. */
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly active: boolean;
  /** Times it became active since its program started; undefined when the program does not count. */
  readonly takeovers: number | undefined;
  /** Milliseconds since its program started: tells a restart between two views. */
  readonly uptimeMs: number | undefined;
}

export interface LabOwnerDriver {
  readonly nodes: readonly NodeName[];
  /** Programs that must be installed, by path. */
  readonly needs: readonly string[];
  /** Once per lab, before anything starts: keys, certificates, the witness's file. */
  prepareLab(): Promise<void>;
  /** Processes that belong to no node. */
  sharedProcesses(): readonly ProcessSpec[];
  /** Before a node's processes start, also after it was off: files, kernel settings of its fresh namespace. */
  prepareNode(node: NodeName): Promise<void>;
  /** Before a killed process of a node is started again: what it left behind and its successor would trip over. */
  clearNode(node: NodeName): Promise<void>;
  nodeProcesses(node: NodeName): readonly ProcessSpec[];
  /** The process that decides who owns the addresses. */
  readonly agentName: string;
  /** Once all nodes run: the services. */
  applyServices(node: NodeName): Promise<void>;
  view(node: NodeName): Promise<NodeView>;
  /** What the node has to tell of itself, with times of the machine's monotonic clock; nothing when it cannot be asked. */
  events(node: NodeName): Promise<readonly { readonly atMs: number; readonly message: string }[]>;
  /** A planned move away from the active node; resolves when the program says it is done. */
  handover(from: NodeName, to?: NodeName): Promise<void>;
}

export type LabOwnerFactory = (
  ports: LabPorts,
  state: Pick<LabState, 'name' | 'replication' | 'nodes'> & Partial<Pick<LabState, 'coordination'>>,
) => LabOwnerDriver;
