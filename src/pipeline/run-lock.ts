/**
 * One process works on a run directory: a lock file that names it, and whose age shows that it lives.
 *
 * The lock of a process that is gone is taken over by making the next one, `run.lock.2`, `run.lock.3`, …: only one of
 * several that try can make it. The highest number counts.
 */
import { readFileSync } from 'node:fs';
import { open, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { OutputRefused } from '../base/errors.ts';

const LOCK_FILE = 'run.lock';
const BEAT_SECONDS = 5;
/**
 * Silence after which a process that cannot be asked for is suspected to be gone. Clocks of machines differ and jump, so it
 * is gone only if its lock is not touched while it is watched, by a clock that does neither, for more than two beats.
 */
const SILENCE_SECONDS = 60;
const WATCHED_SECONDS = 2.4 * BEAT_SECONDS;
const LOOK_EVERY_SECONDS = 1;
/** Time between making a lock file and writing into it, many times over. */
const UNWRITTEN_MILLISECONDS = 1000;

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Tells the process from a later one with the same number; null where the system does not say. */
  readonly process: string | null;
  /** UTC, ISO 8601. */
  readonly since: string;
}

/** Time of day, ms since 1970, and waiting, which goes by a clock that does not jump. */
export interface LockClock {
  now(): number;
  pause(milliseconds: number): Promise<void>;
}

const SYSTEM_CLOCK: LockClock = {
  now: () => Date.now(),
  pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

export class RunLock {
  /** What became of the lock that was there, in words; null when there was none. */
  readonly takenOver: string | null;
  readonly #name: string;
  readonly #lost = new AbortController();
  readonly #beat: NodeJS.Timeout;
  #folder: string;
  #isHeld = true;

  private constructor(folder: string, name: string, takenOver: string | null) {
    this.#folder = folder;
    this.#name = name;
    this.takenOver = takenOver;
    this.#beat = setInterval(() => void this.#touch(), 1000 * BEAT_SECONDS);
    this.#beat.unref();
  }

  /** Throws `OutputRefused` while another process works in an existing folder, as far as one look tells. */
  static async check(folder: string): Promise<void> {
    const number = await highestLock(folder);
    if (number > 0) await judge(folder, nameOf(number), SYSTEM_CLOCK, false);
  }

  /** Lock an existing folder. Throws `OutputRefused` while another process works there. */
  static async acquire(folder: string, clock: LockClock = SYSTEM_CLOCK): Promise<RunLock> {
    for (;;) {
      const before = await highestLock(folder);
      const takenOver = before === 0 ? null : await judge(folder, nameOf(before), clock, true);
      const mine = before + 1;
      if (!(await make(join(folder, nameOf(mine))))) continue;
      if ((await highestLock(folder)) > mine) {
        // The lock seen at first was taken over and given back meanwhile, and somebody else holds the folder.
        await rm(join(folder, nameOf(mine)), { force: true });
        continue;
      }
      for (let old = 1; old < mine; old++) await rm(join(folder, nameOf(old)), { force: true });
      return new RunLock(folder, nameOf(mine), takenOver);
    }
  }

  /** Aborts if another process took the folder over because this one was silent for too long. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** The folder has a new name. */
  movedTo(folder: string): void {
    this.#folder = folder;
  }

  /** Give the folder free; only the first call does, since the next lock may bear the same name. */
  async release(): Promise<void> {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    clearInterval(this.#beat);
    if (!this.lost.aborted) await rm(join(this.#folder, this.#name), { force: true });
  }

  async #touch(): Promise<void> {
    const now = new Date();
    try {
      await utimes(join(this.#folder, this.#name), now, now);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return;
      clearInterval(this.#beat);
      this.#lost.abort('the run directory was taken over by another process');
    }
  }
}

/** Whether an entry of a run directory is a lock. */
export function isLockFile(name: string): boolean {
  return numberOf(name) > 0;
}

function nameOf(number: number): string {
  return number === 1 ? LOCK_FILE : `${LOCK_FILE}.${number}`;
}

function numberOf(name: string): number {
  if (name === LOCK_FILE) return 1;
  const match = /^run\.lock\.([1-9]\d{0,8})$/.exec(name);
  return match === null ? 0 : Number(match[1]);
}

async function highestLock(folder: string): Promise<number> {
  return Math.max(0, ...(await readdir(folder)).map(numberOf));
}

/** Make a lock file that names this process; false when it is there already. */
async function make(path: string): Promise<boolean> {
  const holder: Holder = {
    pid: process.pid,
    host: hostname(),
    process: identityOf(process.pid),
    since: new Date().toISOString(),
  };
  try {
    const handle = await open(path, 'wx');
    try {
      await handle.writeFile(`${JSON.stringify(holder)}\n`);
    } finally {
      await handle.close();
    }
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw new OutputRefused(`the run directory cannot be locked (${code})`, {
      where: { file: path },
      help: 'work on a run needs the right, and the room, to write to its folder; twotime status and logs only look',
      cause,
    });
  }
}

/**
 * Why a lock no longer counts, in words; null when it was given back meanwhile. Throws `OutputRefused` when it counts. With
 * `watch`, one that seems silent is watched before it is judged.
 */
async function judge(folder: string, name: string, clock: LockClock, watch: boolean): Promise<string | null> {
  const path = join(folder, name);
  const holder = await readHolder(path);
  if (holder === 'released') return null;
  if (holder === 'unwritten') return 'a lock that names no process was taken over';
  const here = holder.host === hostname();
  const who = `process ${holder.pid} on ${here ? 'this machine' : holder.host}`;
  const state = here ? stateOf(holder) : 'unknown';
  if (state === 'gone') return `the lock of ${who}, which is gone, was taken over`;
  if (state === 'unknown') {
    const touched = await lastTouched(path);
    const silence = (clock.now() - touched) / 1000;
    // Also a lock from the future says nothing.
    const isSuspect = Math.abs(silence) > SILENCE_SECONDS;
    if (isSuspect && !(watch ? await isTouchedMeanwhile(path, touched, clock) : silence < 0)) {
      const silent = silence > 0 ? Math.round(silence) : WATCHED_SECONDS;
      return `the lock of ${who}, which gave no sign of life for ${silent} s, was taken over`;
    }
  }
  throw new OutputRefused(`${who} works on this run since ${holder.since}`, {
    where: { file: folder },
    help: `wait until it has ended or stop it; if it is certain that there is no such process, remove ${path}`,
  });
}

/** ms since 1970 by the clock of its holder; −Infinity when the lock is gone. */
function lastTouched(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => -Infinity,
  );
}

async function isTouchedMeanwhile(path: string, before: number, clock: LockClock): Promise<boolean> {
  for (let watched = 0; watched < WATCHED_SECONDS; watched += LOOK_EVERY_SECONDS) {
    await clock.pause(1000 * LOOK_EVERY_SECONDS);
    const now = await lastTouched(path);
    if (now !== before) return now !== -Infinity;
  }
  return false;
}

/** `unwritten` when the process that made the file ended before it wrote into it. */
async function readHolder(path: string): Promise<Holder | 'released' | 'unwritten'> {
  for (let waited = 0; waited <= UNWRITTEN_MILLISECONDS; waited += 100) {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw new OutputRefused(`the lock of the run cannot be read (${error.code})`, {
        where: { file: path },
        cause: error,
      });
    });
    if (text === null) return 'released';
    const parsed = parseHolder(text);
    if (parsed !== null) return parsed;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return 'unwritten';
}

function parseHolder(text: string): Holder | null {
  try {
    const value = JSON.parse(text) as Partial<Holder>;
    const { pid, host, process: identity = null, since } = value;
    if (!Number.isSafeInteger(pid) || typeof host !== 'string' || typeof since !== 'string') return null;
    return { pid: Number(pid), host, process: identity, since };
  } catch {
    return null;
  }
}

/** Whether a process of this machine is still the one that made the lock. */
function stateOf({ pid, process: identity }: Holder): 'alive' | 'gone' | 'unknown' {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Not permitted to signal it: it is there, and somebody else's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return 'gone';
  }
  const now = identityOf(pid);
  if (identity === null || now === null) return 'unknown';
  return now === identity ? 'alive' : 'gone';
}

/** Start of a process in ticks since the machine was started, and which start that was; null where there is no /proc. */
function identityOf(pid: number): string | null {
  try {
    const facts = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields are counted after the name, which stands in brackets and may hold anything; a zombie has ended.
    const fields = facts.slice(facts.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return 'ended';
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
  } catch {
    return null;
  }
}
