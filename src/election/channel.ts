/**
 * One node's end of the datagram exchange: who may speak, in which session, and nothing twice.
 *
 * A session is one life of a program. A sender is believed once it has echoed this receiver's own session, which only a
 * process alive after this receiver's start can do; so datagrams recorded in an earlier life are worth nothing, and a
 * sender's former sessions are remembered and refused. A session that still speaks is not replaced: a second one beside
 * it is a second process with the same name. No clock is compared with another.
 */

import { decodeDatagram, encodeDatagram, type WireRefusal } from './datagram.js';
import type { Body, Header, Mac } from './messages.js';
import { isRelayed } from './relay.js';
import { commonVersion } from './wire-version.js';

export type Refusal =
  | WireRefusal
  | 'unknown-sender'
  | 'duplicate-name'
  | 'misdirected'
  | 'new-session'
  | 'old-session'
  | 'replayed'
  /** Handed on by others more than once, as it goes over every path of theirs. */
  | 'repeated';

export type Opened =
  | {
      readonly kind: 'message';
      readonly from: string;
      readonly session: number;
      readonly path: number;
      readonly body: Body;
    }
  | {
      readonly kind: 'refused';
      readonly code: Refusal;
      readonly detail: string;
      /** Present when the sender needs a datagram from us before it can be believed. */
      readonly helloTo?: string;
      /** Present when it is a node's word for another node, sent on the relayed path: it may be handed on as it is. */
      readonly relay?: { readonly from: string; readonly to: string };
    };

export interface Channel {
  seal(to: string, path: number, body: Body): Uint8Array;
  open(bytes: Uint8Array, nowMs: number): Opened;
}

export interface ChannelOptions {
  readonly cluster: string;
  readonly self: string;
  /** Random, 1 … 2^53 − 1, drawn at every start. */
  readonly session: number;
  readonly mac: Mac;
  /** The only senders listened to; undefined (a witness): any that knows the secret, up to `maxSenders`. */
  readonly senders?: readonly string[];
  /** For this long a new session must be heard without the former one before it follows it. */
  readonly quietMs: number;
}

const maxSenders = 64;
const retiredSessions = 256;
const helloIntervalMs = 5;
const windowBits = 64;
const paths = 8;

/** The counters seen on one path: the highest, and which of the 64 below it (bit 0 = the highest). */
interface Window {
  top: number;
  low: number;
  high: number;
}

/** What of one node's word for another was handed on. */
interface Passed {
  readonly session: number;
  readonly windows: (Window | undefined)[];
}

interface Sender {
  session: number;
  readonly retired: number[];
  windows: (Window | undefined)[];
  /** Session to echo: the one of the last sealed datagram that was not a former session's. */
  echo: number;
  /** The highest version that this session speaks; 0: not heard yet. */
  speaks: number;
  helloMs: number;
  heardMs: number;
  /** A session that wants to follow the known one, and since when it has been heard alone. */
  rival: { readonly session: number; readonly sinceMs: number } | undefined;
}

const never = Number.NEGATIVE_INFINITY;

const shiftUp = (window: Window, by: number): void => {
  if (by >= windowBits) {
    window.low = 0;
    window.high = 0;
  } else if (by >= 32) {
    window.high = (window.low << (by - 32)) >>> 0;
    window.low = 0;
  } else if (by > 0) {
    window.high = ((window.high << by) | (window.low >>> (32 - by))) >>> 0;
    window.low = (window.low << by) >>> 0;
  }
};

/** True when `counter` is new; marks it. */
const admit = ({ windows }: Pick<Sender, 'windows'>, path: number, counter: number): boolean => {
  const window = windows[path];
  if (!window) {
    windows[path] = { top: counter, low: 1, high: 0 };
    return true;
  }
  if (counter > window.top) {
    shiftUp(window, Math.min(counter - window.top, windowBits));
    window.top = counter;
    window.low = (window.low | 1) >>> 0;
    return true;
  }
  const age = window.top - counter;
  if (age >= windowBits) return false;
  const bit = age < 32 ? (1 << age) >>> 0 : (1 << (age - 32)) >>> 0;
  if ((age < 32 ? window.low : window.high) & bit) return false;
  if (age < 32) window.low = (window.low | bit) >>> 0;
  else window.high = (window.high | bit) >>> 0;
  return true;
};

const refused = (code: Refusal, detail: string, helloTo?: string): Opened =>
  helloTo === undefined ? { kind: 'refused', code, detail } : { kind: 'refused', code, detail, helloTo };

export const createChannel = (options: ChannelOptions): Channel => {
  const { cluster, self, session, mac } = options;
  const senders = new Map<string, Sender>();
  const passed = new Map<string, Passed>();
  let counter = 0;
  const isNode = (name: string): boolean => options.senders?.includes(name) === true;

  const senderNamed = (name: string): Sender | undefined => {
    const known = senders.get(name);
    if (known) return known;
    if (options.senders ? !options.senders.includes(name) : senders.size >= maxSenders) return undefined;
    const fresh: Sender = {
      session: 0,
      retired: [],
      windows: [],
      echo: 0,
      speaks: 0,
      helloMs: never,
      heardMs: never,
      rival: undefined,
    };
    senders.set(name, fresh);
    return fresh;
  };

  const adopt = (sender: Sender, fresh: number): void => {
    if (sender.session !== 0) {
      sender.retired.push(sender.session);
      if (sender.retired.length > retiredSessions) sender.retired.shift();
    }
    sender.session = fresh;
    sender.windows = [];
    sender.rival = undefined;
  };

  /** Undefined when the session may be adopted, otherwise why not. */
  const judgeNewcomer = (
    sender: Sender,
    header: Header,
    speaks: number,
    nowMs: number,
  ): Opened | undefined => {
    const { from } = header;
    if (sender.retired.includes(header.session)) return refused('old-session', `${from} has restarted since`);
    if (sender.session !== 0) {
      // Judged by what is heard from now on: this process may have slept, and then every silence is its own.
      const { rival } = sender;
      if (rival?.session !== header.session || sender.heardMs > rival.sinceMs) {
        sender.rival = { session: header.session, sinceMs: nowMs };
        return rival?.session === header.session
          ? refused('duplicate-name', `two processes of the cluster call themselves ${from}`)
          : refused('new-session', `${from} was known in another session`);
      }
      if (nowMs - rival.sinceMs < options.quietMs) {
        return refused('new-session', `${from} may have restarted`);
      }
    }
    sender.echo = header.session;
    sender.speaks = speaks;
    if (header.toSession === session) return undefined;
    const detail = `${from} has not heard this process yet`;
    if (nowMs - sender.helloMs < helloIntervalMs) return refused('new-session', detail);
    sender.helloMs = nowMs;
    return refused('new-session', detail, from);
  };

  /** It comes over every path of its author and is handed on once. Only to spare copies: its receiver looks at it anew. */
  const isToPass = ({ from, to, session: theirs, path, counter: count }: Header): boolean => {
    const way = `${from}>${to}`;
    let known = passed.get(way);
    if (known?.session !== theirs) {
      known = { session: theirs, windows: [] };
      passed.set(way, known);
    }
    return admit(known, path, count);
  };

  return {
    seal(to, path, body) {
      counter += 1;
      const receiver = senders.get(to);
      const header = { cluster, from: self, to, path, session, counter, toSession: receiver?.echo ?? 0 };
      return encodeDatagram(header, body, mac, commonVersion(receiver?.speaks ?? 0));
    },
    open(bytes, nowMs) {
      const decoded = decodeDatagram(bytes, cluster, mac);
      if (!decoded.ok) return refused(decoded.code, decoded.detail);
      const { header, body, speaks } = decoded;
      const { from, path } = header;
      if (from === self) {
        return header.session === session
          ? refused('misdirected', 'own datagram came back')
          : refused('duplicate-name', `another process of the cluster calls itself ${self}`);
      }
      if (header.to !== self && isRelayed(path) && isNode(from) && isNode(header.to)) {
        if (!isToPass(header)) return refused('repeated', `for ${header.to}`);
        return { ...refused('misdirected', `for ${header.to}`), relay: { from, to: header.to } };
      }
      if (header.to !== self) return refused('misdirected', `from ${from} to ${header.to}, not ${self}`);
      if (path >= paths) return refused('malformed', `path ${path}`);
      const sender = senderNamed(from);
      if (!sender) return refused('unknown-sender', `${from} is no node of this cluster`);
      if (header.session !== sender.session) {
        const refusal = judgeNewcomer(sender, header, speaks, nowMs);
        if (refusal) return refusal;
        adopt(sender, header.session);
      }
      if (!admit(sender, path, header.counter)) {
        return refused(isRelayed(path) ? 'repeated' : 'replayed', `counter ${header.counter} of ${from}`);
      }
      sender.echo = header.session;
      sender.speaks = speaks;
      sender.heardMs = nowMs;
      return { kind: 'message', from, session: header.session, path, body };
    },
  };
};
