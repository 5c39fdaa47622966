/**
 * A real Slurm of a few virtual nodes on this machine, for as long as a test lasts.
 *
 * It needs the packages slurm-wlm, slurm-wlm-basic-plugins and munge, and the script that stands beside the checkout. Where
 * one is missing, tests are skipped, and say so.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SCRIPT = join(import.meta.dirname, '../../../shared/tools/slurm-mini-cluster.sh');
const run = promisify(execFile);

/** Why there can be no Slurm here, with accounting if so wanted; null when there can. */
export function whyNoSlurm(accounting = false): string | null {
  if (!existsSync(SCRIPT)) return `${SCRIPT} is not there`;
  const commands = ['munged', 'slurmctld', 'slurmd', 'sbatch', ...(accounting ? ['slurmdbd', 'mariadbd'] : [])];
  const missing = commands.filter((name) => !isCommand(name));
  const packages = `slurm-wlm slurm-wlm-basic-plugins munge${accounting ? ' slurmdbd slurm-wlm-mysql-plugin mariadb-server' : ''}`;
  return missing.length === 0 ? null : `${missing.join(', ')} not installed (apt-get install ${packages})`;
}

function isCommand(name: string): boolean {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${name}`], { env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` } });
    return true;
  } catch {
    return false;
  }
}

export interface SlurmOptions {
  readonly nodes: number;
  /** How long Slurm remembers jobs that are over, s. */
  readonly memory?: number;
  readonly accounting?: boolean;
}

export class SlurmCluster implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Start one; commands of Slurm in this process then speak to it. */
  static async start({ nodes, memory = 60, accounting = false }: SlurmOptions): Promise<SlurmCluster> {
    const folder = `/tmp/tws-${process.pid}-${Date.now() % 100_000}`;
    const cluster = new SlurmCluster(folder);
    const limits = ['--nodes', String(nodes), '--cpus', '2', '--min-job-age', String(memory)];
    await cluster.do('start', ...limits, ...(accounting ? ['--dbd'] : []));
    process.env['SLURM_CONF'] = join(folder, 'etc/slurm.conf');
    return cluster;
  }

  /** `kill-node n1`, `lose-slurmd n1`, `freeze-node n1`, `thaw-node n1`, `start-node n1`, `kill-ctld`, `start-ctld`. */
  async do(what: string, ...args: readonly string[]): Promise<void> {
    const [first = '', ...rest] = args;
    const named = first.startsWith('--') ? args : [...rest, first].filter((word) => word !== '');
    await run('bash', [SCRIPT, what, '--dir', this.#folder, ...named]);
  }

  /** Jobs that are not over, as `element state node`. */
  async jobs(): Promise<string[]> {
    const { stdout } = await run('squeue', ['-h', '-r', '-o', '%i %T %N']);
    return stdout.split('\n').filter((line) => line !== '');
  }

  /** The same, once what is ending has ended. */
  async jobsLeft(): Promise<string[]> {
    for (let k = 0; k < 100; k++) {
      if ((await this.jobs()).length === 0) return [];
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return await this.jobs();
  }

  async scontrol(...args: readonly string[]): Promise<string> {
    return (await run('scontrol', [...args])).stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.do('stop');
    delete process.env['SLURM_CONF'];
  }
}
