/** Ask Python what it reads in our files, where a python3 with NumPy is at hand (or named in TWOTIME_PYTHON). */
import { spawnSync } from 'node:child_process';

const python = process.env['TWOTIME_PYTHON'] ?? 'python3';

/** Null when the modules can be imported, else the reason a test gives for skipping. */
export function missingPython(modules: readonly string[]): string | null {
  const found = spawnSync(python, ['-c', `import ${modules.join(', ')}`], { encoding: 'utf8' });
  return found.status === 0 ? null : `${python} with ${modules.join(' and ')} is not here`;
}

/** Run a script and parse the JSON it prints. */
export function askPython(script: string, args: readonly string[]): unknown {
  const run = spawnSync(python, ['-c', script, ...args], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  const answer: unknown = JSON.parse(run.stdout);
  return answer;
}
