/** What a lab asks of the program that owns the floating addresses: relevo itself, or the peer it is compared with. */

import type { NodeStatus } from '../model/status.js';
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
  /** What keeps others from taking over from it, in its eyes: they need a moment to tell it that they are ready. */
  readonly successorsLack?: readonly string[];
  /** Times it became active since its program started; undefined when the program does not count. */
  readonly takeovers: number | undefined;
  /** Milliseconds since its program started: tells a restart between two views. */
  readonly uptimeMs: number | undefined;
}

/** What a drill asks of any cluster, in a lab or not. */
export interface ClusterDriver {
  readonly nodes: readonly string[];
  view(node: string): Promise<NodeView>;
  /** What the node has to tell of itself, with times of this machine's monotonic clock; nothing when it cannot be asked. */
  events(node: string): Promise<readonly { readonly atMs: number; readonly message: string }[]>;
  /** The decisions that the node has recorded, as its file has them; undefined: they cannot be read from here. */
  decisions?(node: string): Promise<string | undefined>;
  /** A planned move away from the active node; resolves when the program says it is done. */
  handover(from: string, to?: string): Promise<void>;
  /** All that a node of relevo says of itself; rejects when it cannot be asked. Absent: another program, which says no such thing. */
  status?(node: string): Promise<NodeStatus>;
  /** The services in force, as nftlb's JSON. */
  services?(node: string): Promise<unknown>;
}

export interface LabOwnerDriver extends ClusterDriver {
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
}

export type LabOwnerFactory = (
  ports: LabPorts,
  state: Pick<LabState, 'name' | 'replication' | 'nodes'> &
    Partial<Pick<LabState, 'coordination' | 'mode' | 'family' | 'pace'>>,
) => LabOwnerDriver;
