/** A Python with Ray for tests on the real thing: the one that TWOTIME_RAY_PYTHON names, else `python3` if it has one. */
import { execFileSync } from 'node:child_process';

export interface RealRay {
  readonly python: string;
  readonly version: string;
}

/** Null, and a loud line, when there is none. */
export function findRealRay(tests: string): RealRay | null {
  const named = process.env['TWOTIME_RAY_PYTHON'];
  const python = named ?? 'python3';
  try {
    const version = execFileSync(python, ['-c', 'import ray; print(ray.__version__)'], {
      encoding: 'utf8',
      timeout: 60_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    console.info(`${tests}: on Ray ${version}`);
    return { python, version };
  } catch {
    if (named !== undefined) throw new Error(`TWOTIME_RAY_PYTHON is ${named}, which has no Ray`);
    console.warn(
      `SKIPPED: ${tests}: python3 has no Ray; install it (pip install "ray[default]") and name the Python in TWOTIME_RAY_PYTHON`,
    );
    return null;
  }
}
