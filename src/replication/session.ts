/**
 * One connection to one peer as a state machine: `opened → hello → streaming → closed`. Events in, effects out; the caller owns
 * the socket, the clock and the kernel.
 *
 * Invariants:
 * - Nothing but a Hello (or a Refuse) is heard before the peer's Hello, and nothing but that is said before ours.
 * - A frame that breaks a rule closes this connection, with a reason for both logs, and changes nothing else.
 * - Numbered frames are acknowledged in order, each when the caller says that its rows are in the kernel.
 */

import type { Direction } from '../model/node.js';
import type {
  AsideFrame,
  DocumentMessage,
  GeneralFrame,
  HelloFrame,
  NumberedFrame,
  SyncFrame,
} from '../wire/frames.js';
import { directionNumber, directionOf, sendsEntries, takesEntries } from './direction.js';
import { GeneralChannel, type GeneralParts, generalVersion } from './general/channel.js';
import type { GroupBook } from './groups.js';
import { helloProblem, protocolVersion } from './hello.js';
import { backwards, type HeldPosition, Inbound, type StampSource } from './inbound.js';
import { type FlowLimits, Outbound } from './outbound.js';
import type { Replica } from './replica.js';

export interface SessionConfig {
  readonly node: string;
  readonly peer: string;
  /** Of the peer, over before this one. */
  readonly endedSessions?: readonly string[];
  readonly cluster: string;
  readonly software: string;
  /** Of this start of the agent. */
  readonly session: string;
  readonly maps: readonly string[];
  readonly flow: FlowLimits;
  readonly timing: SessionTiming;
  /** Undefined: general entries are not exchanged. */
  readonly general?: GeneralParts;
  /** Default: both. */
  readonly direction?: Direction;
}

export interface SessionTiming {
  readonly helloMs: number;
  readonly pingMs: number;
  /** Silence after which the link counts as half-open. */
  readonly silenceMs: number;
  readonly digestMs: number;
}

export type SendableFrame = Exclude<SyncFrame, { kind: 'unknown' }>;

export type SessionEvent =
  | { readonly kind: 'open' }
  | { readonly kind: 'frame'; readonly frame: SyncFrame }
  /** The rows of this numbered frame, and of all before it, are in the kernel. */
  | { readonly kind: 'applied'; readonly frame: number; readonly general?: boolean }
  /** There may be something to send, and this much room for it. */
  | { readonly kind: 'pump'; readonly roomBytes: number }
  | { readonly kind: 'role'; readonly group: number }
  | { readonly kind: 'tick' };

export type SessionEffect =
  | { readonly kind: 'send'; readonly frame: SendableFrame }
  /** Write these rows of the replica to the kernel, then answer `applied`. */
  | {
      readonly kind: 'write';
      readonly rows: readonly number[];
      readonly frame: number;
      /** Rows of the replica of general entries. */
      readonly general?: boolean;
    }
  /** The peer has said hello. `document`: it replicates the services document. */
  | { readonly kind: 'streaming'; readonly document: boolean }
  | { readonly kind: 'document'; readonly message: DocumentMessage }
  | { readonly kind: 'aside'; readonly frame: AsideFrame }
  /** Send the refusal, close, and log it. `code` is what the peer is told. */
  | { readonly kind: 'close'; readonly code: string; readonly detail: string }
  | {
      readonly kind: 'note';
      readonly level: 'info' | 'warn';
      readonly message: string;
      readonly facts: Readonly<Record<string, string | number | boolean>>;
    };

export type SessionState = 'opened' | 'streaming' | 'closed';

export class PeerSession {
  readonly outbound: Outbound;
  readonly inbound: Inbound;
  readonly general: GeneralChannel | undefined;
  state: SessionState = 'opened';
  peerSoftware = '';
  peerSession = '';
  peerDirection: Direction = 'both';
  /** It answers questions for what its kernel holds. */
  peerVerifies = false;
  pingMs = 0;

  readonly #config: SessionConfig;
  readonly #groups: GroupBook;
  readonly #takes: boolean;
  #openedAtMs = 0;
  #heardAtMs = 0;
  #pingedAtMs = 0;
  #digestedAtMs = 0;
  #token = 0;

  constructor(
    config: SessionConfig,
    replica: Replica,
    groups: GroupBook,
    stamps: StampSource,
    position: HeldPosition | undefined,
    generalPosition?: HeldPosition,
  ) {
    this.#config = config;
    this.#groups = groups;
    this.#takes = takesEntries(config.direction ?? 'both');
    this.outbound = new Outbound(replica, groups, config.flow);
    this.inbound = new Inbound(replica, groups, config.peer, stamps, position);
    this.general =
      config.general &&
      new GeneralChannel(config.general, groups, config.peer, stamps, generalPosition, this.#takes);
  }

  step(event: SessionEvent, nowMs: number): SessionEffect[] {
    if (this.state === 'closed') return [];
    switch (event.kind) {
      case 'open':
        this.#openedAtMs = nowMs;
        this.#heardAtMs = nowMs;
        return [send(this.#hello())];
      case 'frame':
        this.#heardAtMs = nowMs;
        return this.state === 'opened' ? this.#onFirstFrame(event.frame) : this.#onFrame(event.frame, nowMs);
      case 'applied':
        if (event.general && this.general) return [send(this.general.acknowledge(event.frame))];
        return [send({ kind: 'ack', frame: event.frame })];
      case 'pump':
        return this.#pump(nowMs, event.roomBytes);
      case 'role':
        // Also before the peer's hello: ours, which is under way, named other roles.
        return this.#onOwnRole(event.group);
      case 'tick':
        return this.#onTick(nowMs);
    }
  }

  /** Groups that the peer is active in and that are not whole here, in either stream. */
  incompleteGroups(): number[] {
    const second = this.general?.open ? this.general.inbound.activeGroups() : [];
    const groups = [...this.inbound.activeGroups(), ...second];
    return [...new Set(groups.flatMap(({ group, complete }) => (complete ? [] : [group])))];
  }

  /** There is something to send. */
  get hasWork(): boolean {
    return this.outbound.hasWork || this.general?.outbound.hasWork === true;
  }

  #pump(nowMs: number, roomBytes: number): SessionEffect[] {
    const effects = this.outbound.pump(nowMs, roomBytes).map((frame) => send(frame as SendableFrame));
    if (!this.general?.outbound.hasWork) return effects;
    return effects.concat(this.general.pump(nowMs, roomBytes).map(send));
  }

  #hello(): HelloFrame {
    const { cluster, node, session, software, maps } = this.#config;
    return {
      kind: 'hello',
      versionMin: protocolVersion.min,
      versionMax: protocolVersion.max,
      software,
      cluster,
      node,
      session,
      maps,
      resume: this.inbound.resume,
      ...(this.general && { general: generalVersion }),
      ...(this.general?.inbound.resume && { generalResume: this.general.inbound.resume }),
      active: this.#groups
        .activeGroups()
        .map((group) => ({ group: this.#groups.names[group]!, epoch: this.#groups.epochOf(group) })),
      document: 1,
      verify: 1,
      ...directionNumber(this.#config.direction),
    };
  }

  #onFirstFrame(frame: SyncFrame): SessionEffect[] {
    if (frame.kind === 'refuse') return this.#onRefuse(frame);
    if (frame.kind !== 'hello')
      return this.#close('hello', `the first frame is a ${frame.kind}, not a hello`);
    const { session, direction = 'both' } = this.#config;
    const problem = helloProblem(frame, this.#config) ?? this.#groups.epochProblem(frame.active);
    if (problem) return this.#close(problem.code, problem.detail);
    this.state = 'streaming';
    this.peerSoftware = frame.software;
    this.peerSession = frame.session;
    this.peerDirection = directionOf(frame.direction);
    this.peerVerifies = (frame.verify ?? 0) > 0;
    this.inbound.onHello(frame.session, frame.active);
    const sends = sendsEntries(direction) && takesEntries(this.peerDirection);
    const effects: SessionEffect[] = [];
    if (sends) effects.push(send(this.outbound.start(frame.resume, session) as SendableFrame));
    // A peer that does not speak it is an older one: the first stream goes on as ever.
    if (this.general && frame.general) effects.push(...this.general.start(frame, session, sends).map(send));
    effects.push({ kind: 'streaming', document: (frame.document ?? 0) > 0 });
    return effects;
  }

  #onFrame(frame: SyncFrame, nowMs: number): SessionEffect[] {
    switch (frame.kind) {
      case 'delta':
      case 'snapshot-begin':
      case 'snapshot-chunk':
      case 'snapshot-end':
        return this.#onNumbered(frame, nowMs);
      case 'ack':
        this.outbound.onAck(frame.frame, nowMs);
        return [];
      case 'role': {
        const problem = frame.active ? this.#groups.epochProblem([frame]) : undefined;
        if (problem) return this.#close(problem.code, problem.detail);
        this.inbound.onRole(frame.group, frame.epoch, frame.active);
        if (this.general?.open) this.general.inbound.onRole(frame.group, frame.epoch, frame.active);
        return [];
      }
      case 'start':
        if (!this.#takes) return [];
        if (this.inbound.goesBack(frame.sequence)) return this.#close('replayed', backwards);
        this.inbound.onStart(frame.sequence, frame.resumed);
        return [];
      case 'digest': {
        const answer = this.#takes ? this.inbound.onDigest(frame, nowMs) : undefined;
        return answer ? [send(answer as SendableFrame)] : [];
      }
      case 'resync': {
        const group = this.#groups.indexOf(frame.group);
        if (group >= 0) this.outbound.onResync(group, frame);
        return [];
      }
      case 'ping':
        this.inbound.onPing(frame.head, frame.sequence);
        return [send({ kind: 'pong', token: frame.token })];
      case 'pong':
        if (frame.token === this.#token) this.pingMs = nowMs - this.#pingedAtMs;
        return [];
      case 'refuse':
        return this.#onRefuse(frame);
      case 'hello':
        return this.#close('hello', 'it said hello twice');
      case 'document':
        return [{ kind: 'document', message: frame.message }];
      case 'events':
      case 'verify':
      case 'counters':
        return [{ kind: 'aside', frame }];
      case 'general':
        return this.#onGeneral(frame, nowMs);
      case 'unknown':
        return [];
    }
  }

  #onNumbered(frame: NumberedFrame, nowMs: number): SessionEffect[] {
    if (!this.inbound.inOrder(frame)) {
      return this.#close('frame', `frame ${frame.frame} is out of order: a repeated or forged frame`);
    }
    // An older peer that does not know our direction: passed over.
    if (!this.#takes) return [{ kind: 'write', rows: [], frame: frame.frame }];
    switch (frame.kind) {
      case 'delta':
        if (this.inbound.goesBack(frame.lastSequence)) return this.#close('replayed', backwards);
        return [{ kind: 'write', rows: this.inbound.onDelta(frame, nowMs), frame: frame.frame }];
      case 'snapshot-begin':
        this.inbound.onSnapshotBegin(frame);
        return [{ kind: 'write', rows: [], frame: frame.frame }];
      case 'snapshot-chunk':
        return [{ kind: 'write', rows: this.inbound.onSnapshotChunk(frame, nowMs), frame: frame.frame }];
      case 'snapshot-end':
        return [{ kind: 'write', rows: this.inbound.onSnapshotEnd(frame, nowMs), frame: frame.frame }];
    }
  }

  #onGeneral({ body }: GeneralFrame, nowMs: number): SessionEffect[] {
    // We named no version: nothing of it is for us.
    if (!this.general) return [];
    const { answer, write, problem } = this.general.onFrame(body, nowMs);
    if (problem !== undefined) return this.#close('frame', problem);
    if (write) return [{ kind: 'write', ...write, general: true }];
    return answer ? [send(answer)] : [];
  }

  #onRefuse(frame: { code: string; detail: string }): SessionEffect[] {
    this.state = 'closed';
    const message = `peer ${this.#config.peer} refuses this node: ${frame.detail}`;
    return [
      { kind: 'note', level: 'warn', message, facts: { code: frame.code } },
      { kind: 'close', code: '', detail: message },
    ];
  }

  #onOwnRole(group: number): SessionEffect[] {
    const active = this.#groups.isActive(group);
    if (active) {
      this.outbound.onTakeover(group);
      this.general?.outbound.onTakeover(group);
    }
    const epoch = this.#groups.epochOf(group);
    return [send({ kind: 'role', group: this.#groups.names[group]!, epoch, active })];
  }

  #onTick(nowMs: number): SessionEffect[] {
    const { helloMs, pingMs, silenceMs, digestMs } = this.#config.timing;
    if (this.state === 'opened') {
      if (nowMs - this.#openedAtMs < helloMs) return [];
      return this.#close('hello', `no hello within ${helloMs} ms`);
    }
    if (nowMs - this.#heardAtMs >= silenceMs) {
      return this.#close('silent', `nothing heard for ${silenceMs} ms: the link is half-open`);
    }
    if (nowMs - this.#digestedAtMs >= digestMs) {
      this.#digestedAtMs = nowMs;
      this.outbound.requestDigests(false);
      this.general?.outbound.requestDigests(false);
    }
    if (nowMs - this.#pingedAtMs < pingMs) return [];
    this.#pingedAtMs = nowMs;
    const { head, told } = this.outbound;
    const ping = send({ kind: 'ping', token: ++this.#token, head, sequence: told });
    return this.general?.open ? [ping, send(this.general.progress())] : [ping];
  }

  #close(code: string, detail: string): SessionEffect[] {
    this.state = 'closed';
    return [{ kind: 'close', code, detail: `peer ${this.#config.peer}: ${detail}` }];
  }
}

const send = (frame: SendableFrame): SessionEffect => ({ kind: 'send', frame });
