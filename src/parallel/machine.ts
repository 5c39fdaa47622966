/** The cores this process may use: those the system grants, and inside an allocation of a cluster no more than it has. */

/** What the choice of a backend looks at. */
export interface Machine {
  /** Cores the system lets this process use, after affinity and limits of its control group. */
  readonly cores: number;
  /** Cores that are there, where it matters to say so. */
  readonly total?: number;
  /** Environment variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The job of a scheduler around this process. */
export interface Allocation {
  readonly scheduler: 'slurm' | 'pbs';
  readonly job: string;
  /** Cores of the job on this machine, and the variable that says so; null when none does. */
  readonly cores: number | null;
  readonly source: string;
}

const SCHEDULERS = [
  // CPUS_PER_TASK is set only where the job asked for it; CPUS_ON_NODE counts all tasks of the job on this node.
  { scheduler: 'slurm', job: 'SLURM_JOB_ID', cores: ['SLURM_CPUS_PER_TASK', 'SLURM_CPUS_ON_NODE'] },
  { scheduler: 'pbs', job: 'PBS_JOBID', cores: ['NCPUS'] },
] as const;

/** The allocation this process runs in, or null. */
export function findAllocation(environment: Machine['environment']): Allocation | null {
  for (const { scheduler, job: jobName, cores: names } of SCHEDULERS) {
    const job = environment[jobName] ?? '';
    if (job === '') continue;
    const told = names.find((name) => /^[1-9]\d{0,5}$/.test(environment[name]?.trim() ?? ''));
    if (told !== undefined) return { scheduler, job, cores: Number(environment[told]), source: told };
    return { scheduler, job, cores: null, source: names.join(' or ') };
  }
  return null;
}

/** Cores to use when nobody says how many, and why so many. */
export function usableCores(machine: Machine): { readonly cores: number; readonly why: string } {
  const { cores, total = cores } = machine;
  const granted = cores < total ? `${cores} of ${total} cores may be used` : `${countCores(cores)} available`;
  const allocation = findAllocation(machine.environment);
  if (allocation === null) return { cores, why: granted };
  const name = `${SCHEDULER_NAMES[allocation.scheduler]} job ${allocation.job}`;
  if (allocation.cores === null) return { cores, why: `${granted}; ${name} does not say in ${allocation.source}` };
  const has = `${name} has ${allocation.cores === 1 ? 'one core' : `${allocation.cores} cores`} (${allocation.source})`;
  if (allocation.cores > cores) return { cores, why: `${granted}, although ${has}` };
  return { cores: allocation.cores, why: has };
}

export const SCHEDULER_NAMES = { slurm: 'Slurm', pbs: 'PBS' } as const;

function countCores(cores: number): string {
  return cores === 1 ? 'one core is' : `${cores} cores are`;
}
