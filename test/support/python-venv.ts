/** Python environments with pinned packages, made where a Python and its package index are at hand. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Interpreters worth trying: what TWOTIME_PYTHON names, those on the path, and those of pyenv. */
function candidates(): string[] {
  const versions = join(homedir(), '.pyenv', 'versions');
  const installed = existsSync(versions) ? readdirSync(versions) : [];
  return [
    ...(process.env['TWOTIME_PYTHON'] === undefined ? [] : [process.env['TWOTIME_PYTHON']]),
    ...['python3', 'python3.11', 'python3.12', 'python3.13', 'python3.14'],
    ...installed.map((version) => join(versions, version, 'bin', 'python3')),
  ];
}

/** The first interpreter from the version 3.`minor` on. */
function findPython(minor: number): string | null {
  const script = `import sys, venv; sys.exit(0 if sys.version_info >= (3, ${minor}) else 1)`;
  return candidates().find((python) => spawnSync(python, ['-c', script]).status === 0) ?? null;
}

/**
 * Make an environment in `folder` with the packages of a requirements file: its interpreter, or the reason why there is none.
 */
export function makePythonVenv(
  folder: string,
  requirements: string,
  minor: number,
): { readonly python: string } | { readonly missing: string } {
  const base = findPython(minor);
  if (base === null) return { missing: `no Python from 3.${minor} on is here (TWOTIME_PYTHON may name one)` };
  const made = spawnSync(base, ['-m', 'venv', folder], { encoding: 'utf8' });
  if (made.status !== 0) return { missing: `no environment can be made: ${made.stderr.trim().split('\n').at(-1)}` };
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
  const installed = spawnSync(python, install, { encoding: 'utf8' });
  if (installed.status !== 0) return { missing: `pip cannot install: ${installed.stderr.trim().split('\n').at(-1)}` };
  return { python };
}
