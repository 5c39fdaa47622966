/**
 * Slurm: `sbatch`, `squeue` and, where there is accounting, `sacct`.
 *
 * States are read from text with explicit formats; the JSON of these commands differs between versions.
 */
import { CommandFailed } from './command.ts';
import { clockTime, mebibytes, type Dialect, type ElementState, type RunCommand, type Submission } from './dialect.ts';

const WAITING = ['PENDING', 'REQUEUED', 'REQUEUE_FED', 'REQUEUE_HOLD', 'SPECIAL_EXIT', 'RESV_DEL_HOLD'];
const RUNNING = ['RUNNING', 'COMPLETING', 'CONFIGURING', 'SUSPENDED', 'STOPPED', 'SIGNALING', 'STAGE_OUT', 'RESIZING'];
const ENDS: Readonly<Record<string, ElementState['kind']>> = {
  COMPLETED: 'done',
  TIMEOUT: 'time',
  DEADLINE: 'time',
  OUT_OF_MEMORY: 'memory',
  NODE_FAIL: 'place',
  BOOT_FAIL: 'place',
  PREEMPTED: 'place',
  REVOKED: 'place',
  CANCELLED: 'cancelled',
  FAILED: 'failed',
};
/** Reasons with which a job waits for ever. */
const HOPELESS =
  /^(?:PartitionConfig|BadConstraints|DependencyNeverSatisfied|JobHeldAdmin|.*requeued.held|AccountNotAllowed|QOSNotAllowed|PartitionTimeLimit|InvalidAccount|InvalidQOS|AssocMax\w*PerJob.*|QOSMax\w*PerJob.*|MaxMemPerLimit)/i;

export const slurm: Dialect = {
  name: 'slurm',
  title: 'Slurm',
  commands: ['sbatch', 'squeue', 'scancel', 'scontrol'],
  directives: ({ name, elements, site, memoryFactor, without, requeue }) => {
    const lines = [
      `--job-name=${name}`,
      `--comment=${name}`,
      `--array=0-${elements - 1}`,
      '--nodes=1',
      '--ntasks=1',
      `--cpus-per-task=${site.cores}`,
      ...(site.memory === null ? [] : [`--mem=${mebibytes(site.memory * memoryFactor)}M`]),
      ...(site.time === null ? [] : [`--time=${clockTime(site.time)}`, `--signal=B:USR2@${Math.ceil(site.reserve)}`]),
      ...(site.account === null ? [] : [`--account=${site.account}`]),
      ...(site.partition === null ? [] : [`--partition=${site.partition}`]),
      ...(site.qos === null ? [] : [`--qos=${site.qos}`]),
      ...(without.length === 0 ? [] : [`--exclude=${without.join(',')}`]),
      requeue ? '--requeue' : '--no-requeue',
      '--open-mode=append',
      '--output=/dev/null',
      ...site.options,
    ];
    return lines.map((line) => `#SBATCH ${line}`);
  },
  ownElement: '"${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"',
  submit: ['sbatch', '--parsable'],
  jobOf: (answer) => /^(\d+)(?:;\S+)?$/m.exec(answer.trim())?.[1] ?? null,
  elementsOf: ({ job, elements }) => Array.from({ length: elements }, (_, k) => `${job}_${k}`),
  states: async (run, submissions) => {
    const states = parseSqueue(
      await run('squeue', ['-h', '-r', '-t', 'all', `--name=${names(submissions)}`, '-o', '%i|%T|%r|%N']),
    );
    // What `squeue` has forgotten, or does not say: who cancelled a job.
    const isOpen = (element: string): boolean => (states.get(element)?.kind ?? 'cancelled') === 'cancelled';
    if (submissions.some((one) => slurm.elementsOf(one).some(isOpen))) {
      for (const [element, state] of await accounted(run, submissions)) if (isOpen(element)) states.set(element, state);
    }
    return await withExitCodes(run, states);
  },
  find: async (run, name) => {
    const answer = await run('squeue', ['-h', '-t', 'all', `--name=${name}`, '-o', '%F']);
    return /^(\d+)\s*$/m.exec(answer)?.[1] ?? null;
  },
  cancel: (elements) => ['scancel', ...elements],
  requeue: (element) => ['scontrol', 'requeue', element],
  mostElements: async (run) => {
    const answer = await run('scontrol', ['show', 'config']);
    const largest = Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(answer)?.[1] ?? 1001);
    // The highest index is one below.
    return Math.max(1, largest - 1);
  },
  isLimit: (message) => /Max\w*Submit|submit(?:ted)? limit|QOSMax|AssocMax|job limit|temporarily/i.test(message),
};

function names(submissions: readonly Submission[]): string {
  return submissions.map(({ name }) => name).join(',');
}

/** Lines of `element|state|reason|nodes`. */
export function parseSqueue(answer: string): Map<string, ElementState> {
  const states = new Map<string, ElementState>();
  for (const line of answer.split('\n')) {
    const [element, state, reason = '', node = ''] = line.trim().split('|');
    if (element === undefined || state === undefined || !/^\d+(?:_\d+)?$/.test(element)) continue;
    const said = reason === '' || reason === 'None' ? state : `${state}, ${reason}`;
    const found = stateOf(state, said, node === '' ? null : node);
    if (found === null) continue;
    const never = found.kind === 'waiting' && HOPELESS.test(reason.replaceAll('_', ' '));
    states.set(element, never ? { ...found, kind: 'hopeless' } : found);
  }
  return states;
}

/** Lines of `element|state|exit code|nodes`; the state of a cancelled job says by whom. */
export function parseSacct(answer: string): Map<string, ElementState> {
  const states = new Map<string, ElementState>();
  for (const line of answer.split('\n')) {
    const [element, state, exit = '', node = ''] = line.trim().split('|');
    if (element === undefined || state === undefined || !/^\d+(?:_\d+)?$/.test(element)) continue;
    const found = stateOf(
      state,
      state.startsWith('CANCELLED') ? state : `${state}, ${exit}`,
      node === '' ? null : node,
    );
    if (found !== null) states.set(element, byExit(found, exit));
  }
  return states;
}

function stateOf(state: string, text: string, node: string | null): ElementState | null {
  const word = /^[A-Z_]+/.exec(state)?.[0] ?? '';
  if (WAITING.includes(word)) return { kind: 'waiting', text, node };
  if (RUNNING.includes(word)) return { kind: 'running', text, node };
  const kind = ENDS[word];
  return kind === undefined ? null : { kind, text, node };
}

/** A job that was killed although nobody here did it: where memory is watched by polling, that is how exceeding it looks. */
function byExit(state: ElementState, exit: string): ElementState {
  return state.kind === 'failed' && /^\d+:9$/.test(exit) ? { ...state, kind: 'memory' } : state;
}

/** What accounting knows; nothing where there is none. */
async function accounted(run: RunCommand, submissions: readonly Submission[]): Promise<Map<string, ElementState>> {
  const jobs = submissions.map(({ job }) => job).join(',');
  try {
    return parseSacct(await run('sacct', ['-X', '-P', '-n', '-j', jobs, '-o', 'JobID,State,ExitCode,NodeList']));
  } catch (error) {
    if (error instanceof CommandFailed && /disabled|not found|ENOENT/i.test(error.message)) return new Map();
    throw error;
  }
}

/** `squeue` does not say how a failed job ended; only those that failed are asked for. */
async function withExitCodes(run: RunCommand, states: Map<string, ElementState>): Promise<Map<string, ElementState>> {
  for (const [element, state] of states) {
    if (state.kind !== 'failed' || /\d+:\d+/.test(state.text)) continue;
    try {
      const exit = /ExitCode=(\d+:\d+)/.exec(await run('scontrol', ['show', 'job', '-o', element]))?.[1];
      if (exit !== undefined) states.set(element, byExit({ ...state, text: `${state.text}, ${exit}` }, exit));
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
    }
  }
  return states;
}
