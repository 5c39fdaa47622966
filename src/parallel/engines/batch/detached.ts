/** Work that goes on without a driver: hosts try again what was lost, and Slurm starts jobs again; looked at when somebody asks. */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { OutputRefused } from '../../../base/errors.ts';
import type { ClusterConfig } from '../../../config/config.ts';
import { decodeOutcome, encodeAttempt } from '../../host/index.ts';
import type { Task } from '../../protocol.ts';
import { taskIdentity } from '../../task-identity.ts';
import { runCommand } from './command.ts';
import type { Dialect, RunCommand } from './dialect.ts';
import { engineFileOf, readEngineFile, refusalIn, writeEngineFile } from './engine-file.ts';
import { Fleet } from './fleet.ts';
import { Hosts } from './hosts.ts';
import { hostPlaces } from './job-script.ts';
import { taskFileName, WorkFolder } from './work-folder.ts';

export interface DetachedOptions {
  readonly dialect: Dialect;
  readonly site: ClusterConfig;
  readonly folder: string;
  /** Where relative names of files lead from. Default: the current folder. */
  readonly directory?: string;
  readonly grace?: number | undefined;
  readonly run?: RunCommand;
}

export interface NamedTask {
  /** What the task is called when it is looked at. */
  readonly name: string;
  readonly task: Task<never, unknown>;
  readonly input: unknown;
}

const NAMES_FILE = 'names.json';
const POLL = { least: 100, most: 2000 };
const IDLE_SECONDS = 5;
const LIMITS = { ask: { least: 10_000, most: 60_000 }, grace: 15_000 };
const END_WITHIN_MILLISECONDS = 5000;

function fleetOf(
  { dialect, site, directory = process.cwd(), run = runCommand }: DetachedOptions,
  folder: WorkFolder,
): Fleet {
  return new Fleet(dialect, site, folder, hostPlaces(directory), run, LIMITS);
}

/** The script that `submitDetached` would submit for so many tasks. Nothing is written. */
export function detachedScript(options: DetachedOptions, tasks: number): string {
  const folder = new WorkFolder(resolve(options.folder));
  return fleetOf(options, folder).script('00000000', Math.min(tasks, options.site.jobs), 1, [], true);
}

/**
 * Give tasks to jobs that need no driver; how many jobs were taken. Throws `OutputRefused` while there is such work in the
 * folder, `ConfigRefused` when the scheduler does not want the jobs; nothing is left then.
 */
export async function submitDetached(options: DetachedOptions, tasks: readonly NamedTask[]): Promise<number> {
  const { dialect, site, grace } = options;
  const folder = new WorkFolder(resolve(options.folder));
  if ((await readEngineFile(folder)) !== null) {
    throw new OutputRefused('jobs of a cluster work in this folder', {
      where: { file: folder.path },
      help: 'look at them with twotime watch, take up what they have done with twotime collect',
    });
  }
  await folder.make();
  const token = randomBytes(4).toString('hex');
  const hosts = { dialect, token, grace, tasksPerHost: 1, poll: POLL, idle: IDLE_SECONDS, detached: true };
  try {
    await writeEngineFile(folder, await engineFileOf(hosts));
    const names: { name: string; id: string }[] = [];
    for (const [order, { name, task, input }] of tasks.entries()) {
      const id = await taskIdentity(task, input);
      const { module, export: exported } = task;
      const bytes = encodeAttempt({ id, number: 1, module, export: exported, input });
      await folder.put(bytes, 'tasks', taskFileName({ order: order + 1, id, number: 1 }));
      names.push({ name, id });
    }
    await folder.put(JSON.stringify(names), NAMES_FILE);
    return await fleetOf(options, folder).submit(token, Math.min(tasks.length, site.jobs), 1, [], true);
  } catch (error) {
    await rm(folder.path, { recursive: true, force: true });
    throw error;
  }
}

export interface DetachedState {
  readonly scheduler: 'slurm' | 'pbs';
  /** Names of tasks that wait or are at work. */
  readonly open: readonly string[];
  /** Why tasks ended without a result, by name. */
  readonly failed: ReadonlyMap<string, string>;
}

/** How work stands that was submitted without a driver; null when there is none in the folder. */
export async function lookDetached(path: string): Promise<DetachedState | null> {
  const folder = new WorkFolder(resolve(path));
  const file = await readEngineFile(folder);
  const names = await folder.read(NAMES_FILE);
  if (file === null || names === null) return null;
  const refusal = await refusalIn(folder);
  // In this order: a host offers a further attempt before it says that one has ended.
  const ended = await folder.list('ended');
  const [results, tasks] = await Promise.all([folder.list('results'), folder.tasks()]);
  const taken = new Set(refusal === null ? [] : await folder.list('leases'));
  const last = new Map<string, number>();
  for (const { id, number } of tasks) last.set(id, Math.max(last.get(id) ?? 0, number));
  const done = new Set(results);
  const over = new Set(ended);
  const open: string[] = [];
  const failed = new Map<string, string>();
  for (const { name, id } of JSON.parse(names.toString('utf8')) as { readonly name: string; readonly id: string }[]) {
    if (done.has(id)) continue;
    const attempt = `${id}.${last.get(id) ?? 1}`;
    if (!over.has(attempt)) {
      if (refusal !== null && !taken.has(attempt)) failed.set(name, refusal.message);
      else open.push(name);
      continue;
    }
    const bytes = await folder.read('ended', attempt);
    const outcome = bytes === null ? null : decodeOutcome(bytes)?.outcome;
    if (outcome?.kind === 'failed') failed.set(name, outcome.error.message);
    else failed.set(name, outcome?.kind === 'lost' ? outcome.reason : 'it was stopped');
  }
  return { scheduler: file.scheduler, open, failed };
}

/** Jobs of this work that the scheduler knows and that have not ended. Throws `CommandFailed` when it does not answer. */
export async function livingJobs(options: DetachedOptions): Promise<number> {
  const fleet = fleetOf(options, new WorkFolder(resolve(options.folder)));
  await fleet.adopt();
  const asked = fleet.open.length;
  return asked === 0 ? 0 : await fleet.living();
}

/** Whose jobs work in a folder; null when none do. */
export async function schedulerIn(path: string): Promise<'slurm' | 'pbs' | null> {
  return (await readEngineFile(new WorkFolder(resolve(path))))?.scheduler ?? null;
}

/** End the jobs and remove the folder. */
export async function closeDetached(options: DetachedOptions): Promise<void> {
  await endJobs(options);
  await rm(resolve(options.folder), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/** End the jobs of whoever worked in the folder. */
export async function endJobs(options: DetachedOptions): Promise<void> {
  const folder = new WorkFolder(resolve(options.folder));
  await folder.put('', 'closed');
  const fleet = fleetOf(options, folder);
  await fleet.adopt();
  const hosts = new Hosts(folder);
  const listen = async (): Promise<void> => {
    for (const { holder, line } of await hosts.look()) {
      const element = hosts.elementOf(holder);
      if (line.kind === 'hello') fleet.hello(line.element, holder);
      if (line.kind === 'bye' && element !== null) fleet.bye(element, holder);
    }
  };
  const until = performance.now() + END_WITHIN_MILLISECONDS;
  await listen();
  while (fleet.open.some((name) => fleet.isUp(name)) && performance.now() < until) {
    await setTimeout(POLL.least);
    await listen();
  }
  if (fleet.open.length > 0) await fleet.cancel(fleet.open);
}
