/** One life of the driver: from the first word about Ray to its end, with a watch on whether it still answers. */
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Frame } from '../../host/frame.ts';
import { thisProgram } from '../../host/program.ts';
import { DriverProcess, type DriverOptions } from './driver-process.ts';
import { BadFrames } from './frame-socket.ts';

export interface SessionOptions extends DriverOptions {
  /** Tasks at a time over all nodes; null: as many as there are cores. */
  readonly workers: number | null;
  /** JavaScript heap of a thread, MB. */
  readonly heap?: number | undefined;
  /** Name of the run, which its actors bear. */
  readonly run: string;
  /** The driver speaks every two seconds; silent for so long it hangs and is ended, ms. Default 30 s. */
  readonly silence?: number | undefined;
  /** Gives up connecting. */
  readonly signal?: AbortSignal | undefined;
}

export interface RayFacts {
  readonly ray: string;
  readonly python: string;
  readonly nodes: number;
}

/** Ray cannot be used; the message says why. */
export class RayUnavailable extends Error {
  override readonly name = 'RayUnavailable';
}

/** How long the driver may take to reach Ray, or to start it, ms. */
const CONNECTS_WITHIN = 90_000;
const ANSWERS_WITHIN = 5000;
/** How long all hosts may take once the first has started; those that come later are used when they come, ms. */
const OTHERS_WITHIN = 10_000;
const SILENCE = 30_000;
const CLOSES_WITHIN = 15_000;

export class DriverSession {
  readonly facts: RayFacts;
  /** Resolves when the hosts of all nodes have started, or have failed to, or are late. */
  readonly settled: Promise<void>;
  readonly ended: Promise<string>;
  readonly #driver: DriverProcess;
  readonly #frames: AsyncGenerator<Frame, void, undefined>;
  readonly #settle: () => void;
  #heard = performance.now();
  #up = 0;
  #givenUp = 0;
  #late: NodeJS.Timeout | undefined;

  private constructor(
    driver: DriverProcess,
    frames: AsyncGenerator<Frame, void, undefined>,
    facts: RayFacts,
    silence: number,
  ) {
    const settled = Promise.withResolvers<void>();
    this.#driver = driver;
    this.#frames = frames;
    this.#settle = settled.resolve;
    this.facts = facts;
    this.settled = settled.promise;
    this.ended = driver.ended;
    const watch = setInterval(() => {
      if (performance.now() - this.#heard > silence)
        driver.kill(`the driver of Ray gave no sign of life for ${silence / 1000} s`);
    }, silence / 6);
    void driver.ended.then(() => {
      clearInterval(watch);
      clearTimeout(this.#late);
      settled.resolve();
    });
  }

  /** Throws `RayUnavailable`. */
  static async open(options: SessionOptions): Promise<DriverSession> {
    await knock(options.address);
    const driver = await DriverProcess.start(options);
    const giveUp = (reason: string) => (): void => driver.kill(reason);
    const late = setTimeout(giveUp(`Ray did not answer within ${CONNECTS_WITHIN / 1000} s`), CONNECTS_WITHIN);
    const stop = giveUp('stopped on request');
    options.signal?.addEventListener('abort', stop, { once: true });
    if (options.signal?.aborted === true) stop();
    try {
      void driver.socket.send(await request(options, driver.folder));
      const frames = driver.socket.frames();
      const { value } = await frames.next().catch((error: unknown) => {
        driver.kill(error instanceof Error ? error.message : String(error));
        return { value: undefined };
      });
      if (value?.header['kind'] === 'ready') {
        const { header } = value;
        const facts = { ray: String(header['ray']), python: String(header['python']), nodes: Number(header['nodes']) };
        return new DriverSession(driver, frames, facts, options.silence ?? SILENCE);
      }
      const refused = value?.header['kind'] === 'refused' ? String(value.header['reason']) : null;
      if (refused !== null) driver.socket.end();
      throw new RayUnavailable(refused ?? (await driver.ended));
    } catch (error) {
      await driver.ended;
      throw error;
    } finally {
      clearTimeout(late);
      options.signal?.removeEventListener('abort', stop);
    }
  }

  get secret(): Uint8Array {
    return this.#driver.socket.secret;
  }

  send(header: Frame['header'], body?: Uint8Array): Promise<void> {
    return this.#driver.socket.send(header, body);
  }

  forward(frame: Uint8Array): Promise<void> {
    return this.#driver.socket.forward(frame);
  }

  /** What the driver says, until it ends; one that talks nonsense is ended. */
  async *frames(): AsyncGenerator<Frame, void, undefined> {
    try {
      for await (const frame of this.#frames) {
        this.#heard = performance.now();
        if (this.#concerns(frame)) yield frame;
        // Whoever reads the frames knows the hosts by now.
        if (this.#up + this.#givenUp >= this.facts.nodes) this.#settle();
      }
    } catch (error) {
      if (!(error instanceof BadFrames)) throw error;
      this.#driver.kill(error.message);
    }
  }

  /** Finish, and wait until everything that was started is gone. */
  async close(): Promise<void> {
    void this.send({ kind: 'end' });
    const late = setTimeout(() => this.#driver.kill('closed'), CLOSES_WITHIN);
    await this.ended;
    clearTimeout(late);
  }

  /** Count the hosts; whether the pool wants to know. */
  #concerns({ header }: Frame): boolean {
    switch (header['kind']) {
      case 'alive':
        return false;
      case 'up':
        this.#up += 1;
        this.#late ??= setTimeout(this.#settle, OTHERS_WITHIN);
        break;
      case 'down':
        this.#up -= 1;
        break;
      case 'given-up':
        this.#givenUp += 1;
    }
    return true;
  }
}

/** Ray itself waits long for a cluster that is not there. Throws `RayUnavailable`. */
async function knock(address: string): Promise<void> {
  const at = address.lastIndexOf(':');
  if (at < 0) return;
  const host = address.slice(0, at).replaceAll(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(address.slice(at + 1)), timeout: ANSWERS_WITHIN });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
      socket.once('timeout', () => reject(new Error(`no answer within ${ANSWERS_WITHIN / 1000} s`)));
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RayUnavailable(`there is no cluster at ${address}: ${reason}`, { cause });
  } finally {
    socket.destroy();
  }
}

async function request(
  { address, workers, heap, run }: SessionOptions,
  folder: string | null,
): Promise<Record<string, unknown>> {
  // The suffix is that of this file: .ts in a checkout, .js in the package.
  const suffix = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const program = fileURLToPath(new URL(`./host${suffix}`, import.meta.url));
  return {
    ...{ kind: 'start', address, workers, folder, run, cwd: process.cwd() },
    command: [process.execPath, program],
    host: heap === undefined ? {} : { heap },
    // A host of another version of this program is not used.
    expected: await thisProgram(),
  };
}
