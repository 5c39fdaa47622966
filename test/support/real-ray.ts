/**
 * Pythons with Ray for tests on the real thing: the one that TWOTIME_RAY_PYTHON names, or environments with the newest and the
 * oldest Ray that is supported, made once and kept beside the other caches of the checkout.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { makePythonVenv } from './python-venv.ts';

export interface RealRay {
  readonly python: string;
  readonly version: string;
}

const root = path.resolve(import.meta.dirname, '../..');
const caches = path.join(root, 'node_modules', '.cache', 'twotime');
/** Ray 2.9 needs 3.8. */
const OLDEST_PYTHON = 8;
/** A lock this old was left behind by a process that was killed, ms. */
const STALE = 900_000;

/** Null, and a loud line, when there is none. */
export async function findRealRay(tests: string, which: 'newest' | 'oldest' = 'newest'): Promise<RealRay | null> {
  const named = process.env['TWOTIME_RAY_PYTHON'];
  if (named !== undefined && which === 'oldest') return null;
  const found = named === undefined ? await environmentWith(which) : { python: named };
  const version = 'python' in found ? versionOf(found.python) : null;
  if ('python' in found && version !== null) {
    console.info(`${tests}: on Ray ${version}`);
    return { python: found.python, version };
  }
  if (named !== undefined) throw new Error(`TWOTIME_RAY_PYTHON is ${named}, which has no Ray`);
  const reason = 'missing' in found ? found.missing : 'it does not start';
  console.warn(
    `SKIPPED: ${tests}: the ${which} Ray is not here (${reason}); TWOTIME_RAY_PYTHON may name a Python that has one`,
  );
  return null;
}

function versionOf(python: string): string | null {
  const { status, stdout } = spawnSync(python, ['-c', 'import ray; print(ray.__version__)'], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return status === 0 ? stdout.trim() : null;
}

async function environmentWith(which: string): Promise<{ readonly python: string } | { readonly missing: string }> {
  const requirements = path.join(root, 'test', 'full', 'python', `ray-${which}.txt`);
  const pin = /==([\d.]+)/.exec(readFileSync(requirements, 'utf8'))![1]!;
  const folder = path.join(caches, `ray-${pin}`);
  const python = path.join(folder, 'bin', 'python');
  mkdirSync(caches, { recursive: true });
  return await alone(path.join(caches, `ray-${pin}.lock`), () => {
    if (existsSync(python)) return { python };
    const draft = `${folder}.draft`;
    rmSync(draft, { recursive: true, force: true });
    const made = makePythonVenv(draft, requirements, OLDEST_PYTHON);
    if ('missing' in made) {
      rmSync(draft, { recursive: true, force: true });
      return made;
    }
    renameSync(draft, folder);
    return { python };
  });
}

/** Test files run side by side; one of them makes the environment. */
async function alone<T>(lock: string, work: () => T): Promise<T> {
  for (;;) {
    try {
      closeSync(openSync(lock, 'wx'));
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > STALE) rmSync(lock, { force: true });
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  try {
    return work();
  } finally {
    rmSync(lock, { force: true });
  }
}
