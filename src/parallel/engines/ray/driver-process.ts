/** The Python process that drives Ray: started with a secret of its own, and gone with everything it started. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { getCompileCacheDir } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { FrameSocket, SECRET_BYTES } from './frame-socket.ts';

/** Start a cluster of this machine alone, instead of joining one. */
export const LOCAL = 'local';

const PYTHON_FOLDER = fileURLToPath(new URL('../../../../python', import.meta.url));
/** Sockets of Ray lie in its folder; the system allows about 100 characters for their paths, of which Ray needs most. */
const LONGEST_FOLDER = 30;
const TAIL = 4096;

export interface DriverOptions {
  /** The interpreter. */
  readonly python: string;
  readonly address: string;
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

export class DriverProcess {
  readonly socket: FrameSocket;
  /** Resolves when the process and what it started are gone, with the reason in words. */
  readonly ended: Promise<string>;
  /** Where a local Ray keeps its files; null when it is not ours. */
  readonly folder: string | null;
  readonly #child: ChildProcess;
  #tail = '';
  #reason: string | null = null;

  private constructor(child: ChildProcess, folder: string | null) {
    const secret = randomBytes(SECRET_BYTES);
    const duplex = child.stdio[3] as Duplex;
    // Its end is noticed as that of the process.
    duplex.on('error', () => undefined);
    this.#child = child;
    this.folder = folder;
    this.socket = new FrameSocket(duplex, secret);
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#tail = (this.#tail + chunk.toString('utf8')).slice(-TAIL);
    });
    const gone = new Promise<string>((resolve) => {
      child.on('error', (error) => resolve(error.message));
      child.on('exit', (code, signal) => resolve(this.#lastWords(code, signal)));
    });
    this.ended = gone.then((reason) => this.#clean(reason));
    duplex.write(secret);
  }

  static async start({ python, address, environment = process.env }: DriverOptions): Promise<DriverProcess> {
    const folder = address === LOCAL ? await mkdtemp(path.join(shortFolder(), 'twotime-ray-')) : null;
    const child = spawn(python, ['-m', 'twotime_ray'], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C in a terminal is for this process, and the whole group can be ended.
      detached: true,
      env: { ...environment, ...environmentOf(environment, address) },
    });
    return new DriverProcess(child, folder);
  }

  /** End it at once, for this reason. */
  kill(reason: string): void {
    this.#reason ??= reason;
    this.#child.kill('SIGKILL');
  }

  #lastWords(code: number | null, signal: string | null): string {
    if (this.#reason !== null) return this.#reason;
    const how = signal === null ? `exit code ${code}` : signal;
    const said = this.#tail.trim().split('\n').at(-1) ?? '';
    return `the driver of Ray ended with ${how}${said === '' ? '' : `: ${said.slice(0, 300)}`}`;
  }

  /** What a driver that was killed leaves of a local Ray. */
  async #clean(reason: string): Promise<string> {
    const { pid } = this.#child;
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // Nobody is left.
    }
    if (this.folder !== null) await rm(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    return reason;
  }
}

function shortFolder(): string {
  const folder = tmpdir();
  return folder.length > LONGEST_FOLDER ? '/tmp' : folder;
}

/** What the driver, and a Ray it starts, find in their environment. */
function environmentOf(environment: DriverOptions['environment'], address: string): Record<string, string | undefined> {
  const cache = getCompileCacheDir();
  const always = {
    PYTHONPATH: [PYTHON_FOLDER, environment?.['PYTHONPATH']].filter(Boolean).join(path.delimiter),
    PYTHONDONTWRITEBYTECODE: '1',
    RAY_ADDRESS: undefined,
    ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: path.dirname(cache) }),
  };
  if (address !== LOCAL) return always;
  return {
    ...always,
    // Named after the systems where it is the default: every port is bound to the loopback address, and to no other.
    RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER: '0',
    // Newer versions let in only who knows the token.
    RAY_AUTH_MODE: 'token',
    RAY_AUTH_TOKEN: randomBytes(SECRET_BYTES).toString('hex'),
    RAY_USAGE_STATS_ENABLED: '0',
  };
}
