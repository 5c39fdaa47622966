/**
 * PBS Professional and OpenPBS: `qsub`, `qstat` (its JSON is whole and does not lie), `qdel`.
 *
 * A batch of one is a plain job, since arrays of one are illegal; arrays are always rerunnable, so an element may run twice.
 */
import { CommandFailed } from './command.ts';
import { clockTime, mebibytes, type Dialect, type ElementState, type RunCommand } from './dialect.ts';

export const pbs: Dialect = {
  name: 'pbs',
  title: 'PBS',
  commands: ['qsub', 'qstat', 'qdel'],
  directives: ({ name, elements, site, memoryFactor }) => {
    const memory = site.memory === null ? '' : `:mem=${mebibytes(site.memory * memoryFactor)}mb`;
    const lines = [
      `-N ${name}`,
      ...(elements === 1 ? [] : [`-J 0-${elements - 1}`]),
      '-r y',
      // Sites whose nodes are told apart in the selection have it among their options.
      ...(site.options.some((option) => option.startsWith('-l select='))
        ? []
        : [`-l select=1:ncpus=${site.cores}${memory}`]),
      ...(site.time === null ? [] : [`-l walltime=${clockTime(site.time)}`]),
      ...(site.filesystems.length === 0 ? [] : [`-l filesystems=${site.filesystems.join(':')}`]),
      ...(site.account === null ? [] : [`-A ${site.account}`]),
      ...(site.partition === null ? [] : [`-q ${site.partition}`]),
      '-j oe',
      // Of this machine, which is the node's: to that of the submitting one it would be copied, for minutes where that fails.
      '-o localhost:/dev/null',
      ...site.options,
    ];
    return lines.map((line) => `#PBS ${line}`);
  },
  ownElement: '"${PBS_JOBID}"',
  submit: ['qsub'],
  jobOf: jobIn,
  elementsOf: ({ job, elements }) =>
    job.includes('[]') ? Array.from({ length: elements }, (_, k) => job.replace('[]', `[${k}]`)) : [job],
  states: async (run, submissions) => {
    const states = new Map<string, ElementState>();
    // Of several jobs in one question the JSON of newer versions holds the first only.
    for (const { job } of submissions) {
      for (const [element, state] of parseQstat(await ask(run, job))) states.set(element, state);
    }
    return states;
  },
  find: async (run, name) => {
    const found = jobIn(await run('qselect', ['-N', name]));
    // Where no history is kept, -x finds nothing, and says so without failing.
    return found ?? jobIn(await run('qselect', ['-x', '-N', name]));
  },
  cancel: (elements) => ['qdel', ...elements],
  requeue: null,
  mostElements: async (run) => {
    const answer = await run('qstat', ['-B', '-f']);
    return Math.max(1, Number(/max_array_size\s*=\s*(\d+)/.exec(answer)?.[1] ?? 10_000));
  },
  isLimit: (message) =>
    /would exceed|limit on (?:number of )?jobs|max_(?:queued|run)|exceeds server or queue size limit/i.test(message),
};

function jobIn(answer: string): string | null {
  return /^(\d+(?:\[\])?\.\S+)\s*$/m.exec(answer)?.[1] ?? null;
}

const FORMAT = ['-t', '-f', '-F', 'json'];

/** What `qstat` knows of a job; nothing of one that it has forgotten. */
async function ask(run: RunCommand, job: string): Promise<string> {
  // Not with -x at once: where no history is kept, that knows nothing, not even what runs, and does not fail.
  for (const history of [[], ['-x']]) {
    try {
      return await run('qstat', [...history, ...FORMAT, job]);
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      if (/Unknown Job/i.test(error.said)) return '';
      if (!/has finished/i.test(error.said)) throw error;
    }
  }
  return '';
}

interface PbsJob {
  readonly job_state: string;
  readonly substate?: number;
  readonly Exit_status?: number;
  readonly comment?: string;
  readonly exec_vnode?: string;
  readonly array?: string;
}

/** States by job name, of plain jobs and of elements of arrays; those of a whole array say nothing. */
export function parseQstat(answer: string): Map<string, ElementState> {
  const states = new Map<string, ElementState>();
  if (answer.trim() === '') return states;
  let jobs: Readonly<Record<string, PbsJob>>;
  try {
    jobs = (JSON.parse(answer) as { readonly Jobs?: Readonly<Record<string, PbsJob>> }).Jobs ?? {};
  } catch (cause) {
    throw new CommandFailed('qstat', 'its answer is no JSON', cause);
  }
  for (const [name, job] of Object.entries(jobs)) {
    if (job.array === 'True') continue;
    const node = /\(([^:)]+)/.exec(job.exec_vnode ?? '')?.[1] ?? null;
    states.set(name, { ...kindOf(job), node });
  }
  return states;
}

/** What a comment says beyond where and when the job ran. */
function remark(comment: string): string {
  const end = / and ((?:terminated|exceeded|failed|finished)\b.*)$/.exec(comment)?.[1] ?? comment;
  return end === '' ? '' : `, ${end}`;
}

function kindOf(job: PbsJob): Omit<ElementState, 'node'> {
  const { job_state: state, substate, comment = '', exec_vnode: place } = job;
  // An element that has not run has the exit status of its array.
  const exit = place === undefined ? undefined : job.Exit_status;
  const text = `${state}${exit === undefined ? '' : `, Exit_status ${exit}`}${remark(comment)}`;
  switch (state) {
    case 'R':
    case 'E':
    case 'S':
    case 'U':
    case 'B':
      return { kind: 'running', text };
    case 'F':
    case 'X':
      return { kind: place === undefined || substate === TERMINATED ? 'cancelled' : endOf(exit), text };
    default:
      return { kind: HOPELESS.test(comment) ? 'hopeless' : 'waiting', text };
  }
}

/** Comments of jobs that wait for ever. */
const HOPELESS = /Can Never Run|too many failed attempts/i;

/** Substate of a job that somebody deleted. */
const TERMINATED = 91;

/** 256 is added to the number of the signal with which PBS ended a job. */
function endOf(exit: number | undefined): ElementState['kind'] {
  switch (exit) {
    case undefined:
    case 0:
      return 'done';
    case -29:
      return 'time';
    case -27:
    case -28:
    case 137:
    case 265:
      return 'memory';
    case 271:
      return 'cancelled';
    default:
      return exit < 0 ? 'place' : 'failed';
  }
}
