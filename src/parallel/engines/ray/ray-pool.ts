/**
 * The hosts of a Ray cluster, one per node, and what runs on them: started through the driver, replaced when they die, gone
 * when the pool is closed.
 *
 * Who is lost is told to whoever waits: an attempt ends as lost, and the runner starts it again. A driver that dies is
 * started again too, with the data shared so far.
 */
import { deserialize } from 'node:v8';
import { Defect } from '../../../base/errors.ts';
import type { RunEvent } from '../../../base/events.ts';
import type { Attempt, AttemptOutcome, LossCause } from '../../engine.ts';
import { encodeAttempt, outcomeIn, type AttemptLimits, type Frame } from '../../host/index.ts';
import { isDataRef, type PlacedData, type SharedArrays } from '../../shared-data.ts';
import { partsOf } from './data-parts.ts';
import { DriverSession, RayUnavailable, type RayFacts, type SessionOptions } from './driver-session.ts';

export interface RayPoolOptions extends Omit<SessionOptions, 'run'> {
  /** Told of hosts that come and go. */
  readonly tell?: ((event: RunEvent) => void) | undefined;
}

type Progress = ((event: RunEvent) => void) | undefined;

/** A host that runs. */
interface Host {
  readonly number: number;
  readonly node: string;
  /** Of the process on its node. */
  readonly pid: number;
  readonly slots: number;
  running: number;
  /** It lost a task, so its end will be told. */
  isLost: boolean;
  /** Keys of the shared data that tasks of it have read. */
  readonly read: Set<string>;
}

interface Running {
  readonly host: Host;
  readonly settle: (outcome: AttemptOutcome) => void;
  readonly progress: Progress;
  events: number;
  /** The outcome, and the number of events that come before it. */
  ended: { readonly outcome: AttemptOutcome; readonly events: number } | null;
}

/** Drivers in a row that end before anything was done, after which the pool gives up. */
const MOST_USELESS = 3;
/** ms */
const TELL_AFTER = 10_000;
const PLACE = 'ray';

export class RayPool implements AsyncDisposable {
  readonly #options: RayPoolOptions;
  readonly #hosts = new Map<number, Host>();
  readonly #running = new Map<string, Running>();
  readonly #data = new Map<string, { readonly arrays: SharedArrays; stored: PromiseWithResolvers<void> }>();
  readonly #name: string;
  #session: DriverSession;
  #changed = Promise.withResolvers<void>();
  #broken: string | null = null;
  #useless = 0;
  #lastReason = '';
  readonly #stop = new AbortController();
  #last = 0;
  #following: Promise<void>;

  private constructor(options: RayPoolOptions, session: DriverSession, name: string) {
    this.#options = options;
    this.#session = session;
    this.#name = name;
    this.#following = this.#follow();
  }

  /** Connect, and wait until the hosts of all nodes that are there have started. Throws `RayUnavailable`. */
  static async open(options: RayPoolOptions): Promise<RayPool> {
    const name = `twotime-${Date.now().toString(36)}-${process.pid}`;
    const session = await DriverSession.open({ ...options, run: name });
    const pool = new RayPool(options, session, name);
    const waiting = setTimeout(() => {
      if (pool.slots === 0)
        options.tell?.({ kind: 'log', level: 'info', text: 'waiting for cores of Ray that are free' });
    }, TELL_AFTER);
    // Closed, it has no hosts, which ends the waiting.
    const stop = (): void => void pool[Symbol.asyncDispose]();
    options.signal?.addEventListener('abort', stop, { once: true });
    if (options.signal?.aborted === true) stop();
    await session.settled;
    options.signal?.removeEventListener('abort', stop);
    clearTimeout(waiting);
    if (pool.#broken !== null || pool.slots === 0) {
      const none = `no host started on the ${session.facts.nodes} nodes of Ray`;
      const reason =
        pool.#broken ?? `${none}${pool.#lastReason === '' ? '; their cores may be taken' : pool.#lastReason}`;
      await pool[Symbol.asyncDispose]();
      throw new RayUnavailable(reason);
    }
    return pool;
  }

  /** What Ray it is. */
  get facts(): RayFacts {
    return this.#session.facts;
  }

  /** Attempts at a time, now. */
  get slots(): number {
    return [...this.#hosts.values()].reduce((sum, { slots }) => sum + slots, 0);
  }

  /** The hosts that run now. */
  get hosts(): readonly Pick<Host, 'number' | 'node' | 'pid' | 'slots'>[] {
    return Array.from(this.#hosts.values(), ({ number, node, pid, slots }) => ({ number, node, pid, slots }));
  }

  async run(attempt: Attempt, limits: AttemptLimits, signal: AbortSignal, progress: Progress): Promise<AttemptOutcome> {
    const wanted = keysIn(attempt.input);
    const host = await this.#takeRoom(wanted, signal);
    if (host === 'cancelled') return { kind: 'cancelled' };
    if (typeof host === 'string') return { kind: 'failed', error: new Defect(`there is no Ray any more: ${host}`) };
    const id = String(++this.#last);
    const session = this.#session;
    let frame: Uint8Array;
    try {
      const also = { host: host.number, task: attempt.task, ...limits };
      frame = encodeAttempt({ ...attempt, id }, also, session.secret);
    } catch (cause) {
      this.#giveRoom(host);
      return { kind: 'failed', error: new Defect('the input of a task cannot be sent', { cause }) };
    }
    for (const key of wanted) host.read.add(key);
    const outcome = new Promise<AttemptOutcome>((settle) => {
      this.#running.set(id, { host, settle, progress, events: 0, ended: null });
    });
    const stop = (): void => void session.send({ kind: 'cancel', id, host: host.number });
    await session.forward(frame);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      const result = await outcome;
      return signal.aborted && result.kind === 'lost' ? { kind: 'cancelled' } : result;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Put data into the object store, from where every host fetches them when a task of it asks for them. */
  async share(arrays: SharedArrays, digest: string): Promise<PlacedData> {
    if (this.#broken !== null) throw new Defect(`there is no Ray any more: ${this.#broken}`);
    const key = String(++this.#last);
    const entry = { arrays, stored: Promise.withResolvers<void>() };
    this.#data.set(key, entry);
    await this.#store(key);
    const release = async (): Promise<void> => {
      for (const { read } of this.#hosts.values()) read.delete(key);
      if (this.#data.delete(key)) await this.#session.send({ kind: 'drop', key, digest });
    };
    return { place: { kind: PLACE, key }, release };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort('closed');
    await this.#session.close();
    await this.#following;
  }

  async #store(key: string): Promise<void> {
    const entry = this.#data.get(key);
    if (entry === undefined) return;
    for (const { header, body } of partsOf(key, entry.arrays)) await this.#session.send(header, body);
    await entry.stored.promise;
  }

  /**
   * Room on the host that knows most of these data already, among such the one with most room; waits for one. It is taken in the
   * turn in which it is found, before somebody else finds it. A reason when there will be none.
   */
  async #takeRoom(wanted: readonly string[], signal: AbortSignal): Promise<Host | string> {
    for (;;) {
      if (signal.aborted) return 'cancelled';
      if (this.#broken !== null) return this.#broken;
      let best: Host | null = null;
      let bestRank = -1;
      for (const host of this.#hosts.values()) {
        const room = host.slots - host.running;
        if (room <= 0 || host.isLost) continue;
        const rank = wanted.filter((key) => host.read.has(key)).length + room / (room + 1);
        if (rank > bestRank) [best, bestRank] = [host, rank];
      }
      if (best !== null) {
        best.running += 1;
        return best;
      }
      const stop = (): void => this.#change();
      signal.addEventListener('abort', stop, { once: true });
      await this.#changed.promise;
      signal.removeEventListener('abort', stop);
    }
  }

  #giveRoom(host: Host): void {
    host.running -= 1;
    this.#change();
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Read what the driver says until it ends, and start another one then. */
  async #follow(): Promise<void> {
    for (;;) {
      for await (const frame of this.#session.frames()) this.#receive(frame);
      const reason = await this.#session.ended;
      this.#hosts.clear();
      for (const [id, { ended }] of [...this.#running]) {
        this.#end(id, ended?.outcome ?? { kind: 'lost', cause: 'place', reason });
      }
      if (this.#stop.signal.aborted) {
        for (const { stored } of this.#data.values()) stored.resolve();
        return;
      }
      this.#warn(`${reason}; it is started again`);
      await this.#reconnect(reason);
      if (this.#broken !== null) return;
    }
  }

  async #reconnect(reason: string): Promise<void> {
    this.#useless += 1;
    try {
      if (this.#useless === MOST_USELESS) throw new Defect(reason);
      this.#session = await DriverSession.open({
        ...this.#options,
        run: `${this.#name}-${++this.#last}`,
        signal: this.#stop.signal,
      });
      if (this.#stop.signal.aborted) await this.#session.close();
      for (const key of this.#data.keys()) this.#store(key).catch(() => undefined);
    } catch (error) {
      this.#broken = error instanceof Error ? error.message : String(error);
      for (const { stored } of this.#data.values()) stored.resolve();
    }
    this.#change();
  }

  #receive(frame: Frame): void {
    const { header } = frame;
    const id = String(header['id']);
    switch (header['kind']) {
      case 'up':
        this.#greet(header);
        return;
      case 'down':
        this.#mourn(Number(header['host']), String(header['reason']));
        return;
      case 'given-up':
        this.#giveUp(String(header['node']), String(header['reason']));
        return;
      case 'hopeless':
        this.#broken = `no node of Ray is of use${this.#lastReason}`;
        this.#change();
        return;
      case 'stored':
        this.#data.get(String(header['key']))?.stored.resolve();
        return;
      case 'lost': {
        const running = this.#running.get(id);
        if (running !== undefined) running.host.isLost = true;
        this.#end(id, { kind: 'lost', cause: header['cause'] as LossCause, reason: String(header['reason']) });
        return;
      }
      case 'progress': {
        const running = this.#running.get(id);
        if (running === undefined) return;
        running.events += 1;
        running.progress?.(deserialize(frame.body) as RunEvent);
        this.#endIfComplete(id, running);
        return;
      }
      case 'outcome': {
        const running = this.#running.get(id);
        const told = outcomeIn(frame);
        if (running === undefined || told === null) return;
        running.ended = { outcome: told.outcome, events: Number(header['events']) };
        this.#useless = 0;
        this.#endIfComplete(id, running);
      }
    }
  }

  #greet(header: Frame['header']): void {
    const number = Number(header['host']);
    const { node, pid, slots } = header;
    this.#hosts.set(number, {
      number,
      node: String(node),
      pid: Number(pid),
      slots: Number(slots),
      running: 0,
      isLost: false,
      read: new Set<string>(),
    });
    this.#change();
  }

  /** A host is gone; what ran on it is told one by one. Events that were under way are lost. */
  #mourn(number: number, reason: string): void {
    const host = this.#hosts.get(number);
    if (host === undefined) return;
    this.#hosts.delete(number);
    this.#warn(`the host on Ray node ${host.node} died (${reason})`);
    for (const [id, running] of this.#running) {
      if (running.host === host && running.ended !== null) this.#end(id, running.ended.outcome);
    }
  }

  #giveUp(node: string, reason: string): void {
    this.#warn(`the hosts of Ray node ${node} end at once (${reason}); it is not used any more`);
    this.#lastReason = `: ${reason}`;
  }

  #endIfComplete(id: string, { ended, events }: Running): void {
    if (ended !== null && events >= ended.events) this.#end(id, ended.outcome);
  }

  #end(id: string, outcome: AttemptOutcome): void {
    const running = this.#running.get(id);
    if (running === undefined) return;
    this.#running.delete(id);
    running.settle(outcome);
    this.#giveRoom(running.host);
  }

  #warn(text: string): void {
    if (!this.#stop.signal.aborted) this.#options.tell?.({ kind: 'log', level: 'warning', text });
  }
}

/** Keys of the shared data that an input is, or names at its top. */
function keysIn(input: unknown): string[] {
  if (typeof input !== 'object' || input === null || ArrayBuffer.isView(input)) return [];
  const values: unknown[] = isDataRef(input) ? [input] : Object.values(input);
  return values.flatMap((value) =>
    typeof value === 'object' && value !== null && isDataRef(value) ? [String(value.place['key'])] : [],
  );
}
