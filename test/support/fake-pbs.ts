/**
 * A FAKE of PBS for tests: `qsub`, `qstat`, `qdel` and `qselect` that refuse what OpenPBS 23.06 was seen to refuse, answer as
 * it was seen to answer, and run the jobs as processes of this machine, all at once.
 *
 * `node fake-pbs.ts COMMAND …`, with PBS_FAKE_STATE naming a folder: one folder per element in it, with `pid` while it runs
 * and `exit` when it has ended.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const state = process.env['PBS_FAKE_STATE'] ?? '';
const SERVER = 'pbs1';
const MOST_ELEMENTS = 10_000;
const KILL_AFTER_SECONDS = 2;
const [command = '', ...args] = process.argv.slice(2);

function refuse(said: string, code: number): never {
  process.stderr.write(`${command}: ${said}\n`);
  process.exit(code);
}

/** Options of the `#PBS` lines of a script, each with its value. */
function directives(script: string): [option: string, value: string][] {
  return script.split('\n').flatMap((line): [string, string][] => {
    const match = /^#PBS (-\w)(?: (.*))?$/.exec(line);
    return match === null ? [] : [[match[1]!, match[2] ?? '']];
  });
}

function qsub(): void {
  const script = readFileSync(0, 'utf8');
  const options = directives(script);
  const all = (name: string): string[] => options.filter(([option]) => option === name).map(([, value]) => value);
  const array = all('-J').at(-1);
  const bounds = array === undefined ? null : /^(\d+)-(\d+)(?::\d+)?(?:%\d+)?$/.exec(array);
  if (array !== undefined && (bounds === null || Number(bounds[1]) >= Number(bounds[2]))) refuse('illegal -J value', 2);
  if (array !== undefined && all('-r').at(-1) === 'n') refuse(' cannot submit non-rerunable Array Job', 2);
  const queue = all('-q').at(-1) ?? 'workq';
  if (queue.split('@')[0] !== 'workq') refuse('Unknown queue', 170);
  const name = all('-N').at(-1) ?? 'STDIN';
  if (!/^[A-Za-z][\w.+-]{0,229}$/.test(name)) refuse('illegal -N value', 2);
  for (const resource of all('-l')) {
    const equals = resource.indexOf('=');
    const key = resource.slice(0, equals);
    const value = resource.slice(equals + 1);
    const form = FORMS[key];
    if (form === undefined) refuse(`Unknown resource Resource_List.${key}`, 187);
    if (!form.test(value)) refuse(`Illegal attribute or resource value Resource_List.${key}`, 166);
  }
  const elements = bounds === null ? 1 : Number(bounds[2]) - Number(bounds[1]) + 1;
  if (elements > MOST_ELEMENTS) refuse('Array job exceeds server or queue size limit', 3);
  const number = readdirSync(state).filter((entry) => /^job-\d+$/.test(entry)).length;
  const job = bounds === null ? `${number}.${SERVER}` : `${number}[].${SERVER}`;
  mkdirSync(join(state, `job-${number}`));
  writeFileSync(
    join(state, `job-${number}`, 'job.json'),
    JSON.stringify({ job, name, elements: bounds === null ? null : elements }),
  );
  const file = join(state, `job-${number}`, 'script');
  writeFileSync(file, script);
  for (let k = 0; k < elements; k++) start(number, bounds === null ? null : k, file);
  process.stdout.write(`${job}\n`);
}

const FORMS: Readonly<Record<string, RegExp>> = {
  select: /^\d+(?::(?:ncpus|mpiprocs)=\d+|:mem=\d+(?:kb|mb|gb))*$/,
  walltime: /^\d+:\d\d:\d\d$/,
  filesystems: /^\w+(?::\w+)*$/,
  place: /^(?:free|pack|scatter)(?::(?:excl|shared))?$/,
};

/** A process group of its own, in the home folder, with the few variables that PBS sets. */
function start(number: number, index: number | null, script: string): void {
  const element = index === null ? `${number}.${SERVER}` : `${number}[${index}].${SERVER}`;
  const folder = join(state, `job-${number}`, element);
  mkdirSync(folder);
  const run = `echo $$ > "$0/pid"; bash "$1" >"$0/out" 2>&1; echo $? > "$0/exit.new"; mv "$0/exit.new" "$0/exit"`;
  const { HOME = '/', PATH = '' } = process.env;
  const env = {
    HOME,
    PATH,
    PBS_JOBID: element,
    NCPUS: '1',
    ...(index === null ? {} : { PBS_ARRAY_INDEX: String(index) }),
  };
  spawn('/bin/sh', ['-c', run, folder, script], { detached: true, stdio: 'ignore', cwd: HOME, env }).unref();
}

interface Job {
  readonly job: string;
  readonly name: string;
  readonly elements: number | null;
}

function jobs(): (Job & { readonly folder: string })[] {
  return readdirSync(state)
    .filter((entry) => /^job-\d+$/.test(entry))
    .map((entry) => {
      const folder = join(state, entry);
      return { folder, ...(JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8')) as Job) };
    });
}

function elementsOf({ folder }: { readonly folder: string }): string[] {
  return readdirSync(folder).filter((entry) => entry.includes(SERVER));
}

function stateOf(folder: string): Record<string, unknown> {
  const exit = join(folder, 'exit');
  const vnode = { exec_vnode: '(v1:ncpus=1)', run_count: 1 };
  if (existsSync(exit)) {
    const code = Number(readFileSync(exit, 'utf8'));
    return { job_state: 'F', substate: code === 271 ? 91 : code === 0 ? 92 : 93, Exit_status: code, ...vnode };
  }
  return existsSync(join(folder, 'pid'))
    ? { job_state: 'R', substate: 42, ...vnode }
    : { job_state: 'Q', substate: 10 };
}

function qstat(): void {
  if (args.includes('-B')) {
    process.stdout.write(`Server: ${SERVER}\n    max_array_size = ${MOST_ELEMENTS}\n    job_history_enable = True\n`);
    return;
  }
  const asked = args.filter((word) => word.includes(SERVER));
  const known = jobs();
  let refusal: readonly [said: string, code: number] | null = null;
  // Of several jobs the JSON of newer versions holds the first.
  let Jobs: Record<string, unknown> | undefined;
  for (const id of asked) {
    const job = known.find((one) => one.job === id);
    if (job === undefined) {
      refusal = [`Unknown Job Id ${id}`, 153];
      continue;
    }
    const states = elementsOf(job).map((name): [string, Record<string, unknown>] => [
      name,
      { Job_Name: job.name, ...stateOf(join(job.folder, name)) },
    ]);
    const isOver = states.every(([, state]) => state['job_state'] === 'F');
    if (isOver && !args.includes('-x')) {
      refusal = [`${id} Job has finished, use -x or -H to obtain historical job information`, 35];
      continue;
    }
    // Elements that have ended while others have not.
    if (!isOver) for (const [, state] of states) if (state['job_state'] === 'F') state['job_state'] = 'X';
    const whole = { Job_Name: job.name, job_state: isOver ? 'F' : 'B', array: 'True', Exit_status: 0 };
    Jobs ??= Object.fromEntries(job.elements === null ? states : [[id, whole], ...states]);
  }
  process.stdout.write(JSON.stringify({ pbs_version: 'fake', pbs_server: SERVER, Jobs }));
  if (refusal !== null) refuse(...refusal);
}

function qselect(): void {
  const name = args[args.indexOf('-N') + 1];
  for (const one of jobs()) if (one.name === name) process.stdout.write(`${one.job}\n`);
}

function qdel(): void {
  let unknown = '';
  for (const id of args) {
    const job = jobs().find((one) => one.job === id || elementsOf(one).includes(id));
    if (job === undefined) unknown = id;
    else for (const element of elementsOf(job)) if (job.job === id || element === id) end(join(job.folder, element));
  }
  if (unknown !== '') refuse(`Unknown Job Id ${unknown}`, 153);
}

/** SIGTERM to the whole job, SIGKILL later; its exit status then says so. */
function end(folder: string): void {
  if (existsSync(join(folder, 'exit'))) return;
  const script = `for k in 1 2 3 4 5 6 7 8 9; do [ -e "$0/pid" ] && break; sleep 0.1; done
pid=$(cat "$0/pid") || exit; kill -TERM -- "-$pid" 2>/dev/null
for k in $(seq ${10 * KILL_AFTER_SECONDS}); do kill -0 -- "-$pid" 2>/dev/null || break; sleep 0.1; done
kill -KILL -- "-$pid" 2>/dev/null; [ -e "$0/exit" ] || echo 271 > "$0/exit"`;
  spawn('/bin/sh', ['-c', script, folder], { detached: true, stdio: 'ignore' }).unref();
}

const COMMANDS: Readonly<Record<string, () => void>> = { qsub, qstat, qdel, qselect };
if (args[0] === '--version') process.stdout.write('pbs_version = fake\n');
else COMMANDS[command]?.();
