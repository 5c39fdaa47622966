/**
 * The host process of a Ray node: runs tasks in threads over all cores it was given, reads data that an actor brings, and
 * ends when its connection to the actor does. Its argument is the number of the file descriptor of that connection.
 */
import { Socket } from 'node:net';
import { serialize } from 'node:v8';
import { attemptOf, encodeOutcome, releasedError, TaskHost, thisProgram, type Frame } from '../../host/index.ts';
import type { DataRef, SharedArrays } from '../../shared-data.ts';
import { DataAssembly } from './data-parts.ts';
import { FrameSocket, readSecret } from './frame-socket.ts';

const ALIVE_EVERY = 2000;

const connection = new Socket({ fd: Number(process.argv[2]), readable: true, writable: true });
connection.on('error', () => process.exit(0));
connection.on('close', () => process.exit(0));

class Host {
  readonly #socket: FrameSocket;
  readonly #tasks: TaskHost;
  readonly #running = new Map<string, AbortController>();
  readonly #expected = new Map<string, PromiseWithResolvers<SharedArrays>>();
  readonly #arriving = new Map<string, DataAssembly>();

  private constructor(socket: FrameSocket, tasks: TaskHost) {
    this.#socket = socket;
    this.#tasks = tasks;
  }

  static async open(socket: FrameSocket, { header }: Frame): Promise<Host> {
    const heap = header['heap'];
    const host: Host = new Host(
      socket,
      await TaskHost.open({
        slots: Number(header['slots']),
        heap: typeof heap === 'number' ? heap : undefined,
        load: async (ref) => host.#load(ref),
      }),
    );
    return host;
  }

  receive(frame: Frame): void {
    const { header } = frame;
    const key = String(header['key']);
    switch (header['kind']) {
      case 'attempt':
        void this.#run(frame);
        return;
      case 'cancel':
        this.#running.get(String(header['id']))?.abort('cancelled');
        return;
      case 'data':
        this.#keep(key, frame);
        return;
      case 'gone':
        this.#settle(key)?.reject(releasedError());
        return;
      case 'drop':
        void this.#tasks.forget(String(header['digest']));
    }
  }

  async #run(frame: Frame): Promise<void> {
    const attempt = attemptOf(frame);
    if (attempt === null) return;
    const { id } = attempt;
    const stop = new AbortController();
    this.#running.set(id, stop);
    let events = 0;
    const outcome = await this.#tasks.run(
      attempt,
      stop.signal,
      (event) => {
        events += 1;
        void this.#socket.send({ kind: 'progress', id }, serialize(event));
      },
      limitsIn(frame),
    );
    this.#running.delete(id);
    // An outcome travels another way than the events before it; their number tells whether all have come.
    await this.#socket.forward(encodeOutcome(id, outcome, { events }, this.#socket.secret));
  }

  #load({ place }: DataRef): Promise<SharedArrays> {
    const key = String(place['key']);
    const expected = Promise.withResolvers<SharedArrays>();
    this.#expected.set(key, expected);
    void this.#socket.send({ kind: 'need', key });
    return expected.promise;
  }

  #keep(key: string, frame: Frame): void {
    if (!this.#expected.has(key)) return;
    let assembly = this.#arriving.get(key);
    if (assembly === undefined) this.#arriving.set(key, (assembly = new DataAssembly(frame)));
    const arrays = assembly.add(frame);
    if (arrays !== null) this.#settle(key)?.resolve(arrays);
  }

  #settle(key: string): PromiseWithResolvers<SharedArrays> | undefined {
    const expected = this.#expected.get(key);
    this.#expected.delete(key);
    this.#arriving.delete(key);
    return expected;
  }
}

function limitsIn({ header }: Frame): { readonly grace?: number; readonly lease?: number } {
  const { grace, lease } = header;
  return {
    ...(typeof grace === 'number' ? { grace } : {}),
    ...(typeof lease === 'number' ? { lease } : {}),
  };
}

async function serve(): Promise<void> {
  const begin = await readSecret(connection);
  if (begin === null) process.exit(0);
  const socket = new FrameSocket(connection, begin.secret);
  let host: Host | null = null;
  for await (const frame of socket.frames(begin.rest)) {
    if (host !== null) {
      host.receive(frame);
      continue;
    }
    host = await Host.open(socket, frame);
    const slots = Number(frame.header['slots']);
    await socket.send({ kind: 'up', slots, pid: process.pid, ...(await thisProgram()) });
    setInterval(() => void socket.send({ kind: 'alive' }), ALIVE_EVERY);
  }
  process.exit(0);
}

await serve();
