/**
 * The PBS server that commands of this process reach, for tests that submit jobs to it and change its settings.
 *
 * Only with TWOTIME_PBS_SERVER=1: run as an ordinary user who is a manager of the server, on the machine on which the nodes
 * run. TWOTIME_PBS_ADMIN is a command that kills and starts daemons there, called with `kill-mom NODE`, `kill-node NODE` (its
 * jobs too), `freeze-mom NODE`, `thaw-mom NODE`, `start-mom NODE`, `kill-server` or `start-server`.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Why the tests do not use a real PBS; null when they do. */
export function whyNoPbs(): string | null {
  if (process.env['TWOTIME_PBS_SERVER'] !== '1') return 'TWOTIME_PBS_SERVER=1 is not set';
  try {
    const version = execFileSync('qstat', ['--version'], { encoding: 'utf8' });
    if (!version.includes('pbs_version')) return `qstat is of no PBS (${version.trim()})`;
    execFileSync('qstat', ['-B'], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 });
    return null;
  } catch (error) {
    return `no PBS server answers (${(error as Error).message.split('\n')[0]})`;
  }
}

/** Why no daemons are killed; null when they can be. */
export function whyNoPbsAdmin(): string | null {
  return whyNoPbs() ?? (process.env['TWOTIME_PBS_ADMIN'] === undefined ? 'TWOTIME_PBS_ADMIN is not set' : null);
}

/** Kill or start a daemon. */
export async function pbsAdmin(...what: readonly string[]): Promise<void> {
  const [command = '', ...words] = (process.env['TWOTIME_PBS_ADMIN'] ?? '').split(' ');
  await run(command, [...words, ...what]);
}

/** How long a file of tests waits for the others. */
export const WAIT_MILLISECONDS = 1_800_000;
const LOCK = join(tmpdir(), 'twotime-real-pbs.lock');

/** Wait until no other test file uses the server: they change its settings, and look for jobs left behind. */
export async function takePbs(): Promise<void> {
  for (;;) {
    try {
      writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (!existsSync(`/proc/${readFileSync(LOCK, 'utf8')}`)) rmSync(LOCK, { force: true });
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

export function releasePbs(): void {
  rmSync(LOCK, { force: true });
}

/** Change the server: `set server node_fail_requeue = 10`. */
export async function qmgr(directive: string): Promise<void> {
  await run('qmgr', ['-c', directive]);
}

/** State of a node in one word or two. */
export async function stateOfNode(node: string): Promise<string> {
  const { stdout } = await run('pbsnodes', [node]);
  return /^\s*state = (.*)$/m.exec(stdout)?.[1] ?? '';
}

/** Jobs of this user that are not over. */
export async function pbsJobs(): Promise<string[]> {
  const { stdout } = await run('qselect', ['-u', userInfo().username]);
  return stdout.split('\n').filter((line) => line !== '');
}

/** The same, once what is ending has ended. */
export async function pbsJobsLeft(): Promise<string[]> {
  for (let k = 0; k < 150; k++) {
    if ((await pbsJobs()).length === 0) return [];
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return await pbsJobs();
}

/** Processes of jobs in this folder, on nodes that are this machine. */
export function processesIn(folder: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return false;
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      return command.includes('host-main') && command.includes(folder);
    } catch {
      return false;
    }
  });
}
