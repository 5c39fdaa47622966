/** A batch as it stands and what is to be done next, found without writing anything: what `--dry-run` shows. */
import { ConfigRefused, InputRefused } from '../../base/errors.ts';
import type { TaskContext } from '../../base/task-context.ts';
import { toYaml, type Config } from '../../config/index.ts';
import { validateFit } from '../../nlsq/index.ts';
import type { BatchConfig, BatchRecord, JobRecord } from '../../results/index.ts';
import { fitPlan } from '../prepare-fit.ts';
import { checkBatchFolder, lookAtRuns, readBatch } from './batch-folder.ts';
import { expandFiles, type NamedFile } from './expand-files.ts';
import { planBatch, type PlannedSet } from './plan-batch.ts';

/** Files to be fitted with one configuration. */
export interface BatchSet {
  /** Names the configuration; empty for the only one. */
  readonly name: string;
  /** Files and patterns; none: those of the batch so far. */
  readonly files: readonly string[];
  readonly config: Config;
  /** Every q ring of a file is a job, or the one of the configuration. */
  readonly allRings: boolean;
  /** What is said of files, by their full name. */
  readonly meta?: ReadonlyMap<string, Readonly<Record<string, number>>> | undefined;
}

export interface BatchRequest {
  /** At least one; how the work is spread is said by the first. */
  readonly sets: readonly [BatchSet, ...BatchSet[]];
  readonly output: string;
  readonly only: 'failed' | 'pending' | null;
  /** Failures after which nothing more is begun. */
  readonly maxFailures: number;
  readonly overlap: boolean;
  /** Files opened before work begins; of more, the others are opened when their turn comes. Default 64. */
  readonly openFirst?: number;
  readonly argv: readonly string[];
}

export interface PlannedBatch {
  /** As it was left by an earlier process; null when it is new. */
  readonly before: BatchRecord | null;
  readonly configs: Readonly<Record<string, BatchConfig>>;
  readonly jobs: readonly JobRecord[];
  /** Names of those to be worked on, in order. */
  readonly todo: readonly string[];
  readonly refusals: ReadonlyMap<string, string>;
  /** Jobs whose file is not the one they were fitted to any more. */
  readonly outdated: number;
}

/** `most`: files opened at most. Throws when the batch cannot be: a wrong pattern, another configuration than before, a folder that is not its. */
export async function planWork(
  request: BatchRequest,
  context: TaskContext,
  most: number = Infinity,
): Promise<PlannedBatch> {
  const { output, only } = request;
  for (const { config } of request.sets) {
    validateFit(fitPlan(config, undefined));
    refuseNeighboursElsewhere(config, request.sets[0].config);
  }
  const expanded = await Promise.all(request.sets.map(async (set) => ({ set, named: await expandFiles(set.files) })));
  await checkBatchFolder(output);
  const before = await readBatch(output);
  if (before === null && expanded.every(({ named }) => named.length === 0)) {
    throw new InputRefused('there are no files to fit, and no batch yet that would have some', {
      where: { file: output },
      help: "name files, or a quoted pattern such as 'data/*.h5'",
    });
  }
  const texts = request.sets.map(({ name, config, allRings }): [string, BatchConfig] => {
    const text = decidingText(config, allRings);
    const old = before?.configs[name];
    if (old !== undefined) refuseOtherConfig(old.text, text, config, output);
    return [name, { file: config.file ?? '', text }];
  });
  const known = lookAtRuns(output, before?.jobs ?? []);
  const sets = expanded.map(({ set, named }): PlannedSet => {
    const own = known.filter(({ config }) => config === set.name);
    const told = named.map((one) => ({ ...one, meta: set.meta?.get(one.path) }));
    const files = told.length > 0 ? told : uniqueFiles(own);
    return { config: set.name, files, q: set.allRings ? 'all' : set.config.data.q };
  });
  const plan = await planBatch(sets, known, context, { most });
  const todo = plan.jobs.filter((job) => plan.asked.has(job.name) && isToDo(job, only)).map(({ name }) => name);
  const configs = { ...before?.configs, ...Object.fromEntries(texts) };
  return { before, configs, jobs: plan.jobs, todo, refusals: plan.refusals, outdated: plan.outdated.size };
}

/** The jobs of a cluster do not wait for each other. */
function refuseNeighboursElsewhere({ fit, file }: Config, { parallel: { backend } }: Config): void {
  if (fit.start === 'own' || !CLUSTERS.includes(backend)) return;
  throw new ConfigRefused(`fit.start: previous needs the jobs one after the other, which ${backend} does not do`, {
    where: { file: file ?? 'configuration', key: 'fit.start' },
    help: 'write fit.start: own, or use the backend local',
  });
}

const CLUSTERS: readonly string[] = ['slurm', 'pbs', 'ray'];

function isToDo({ status, result }: JobRecord, only: BatchRequest['only']): boolean {
  switch (status) {
    case 'ok':
      return false;
    case 'failed':
      // A fit that failed would fail again; what was refused or broken off may have been mended.
      return only === 'failed' || (only === null && result === null);
    default:
      return only !== 'failed';
  }
}

function uniqueFiles(jobs: readonly JobRecord[]): NamedFile[] {
  return [...new Map(jobs.map(({ file, path, meta }) => [path, { file, path, meta }])).values()];
}

/** The configuration without where it came from and what has no influence on results. */
function decidingText(config: Config, allRings: boolean): string {
  const data = { ...config.data, q: allRings ? null : config.data.q };
  const text = toYaml({ ...config, data, file: null, origins: new Map() })
    .replaceAll(/ # default$/gm, '')
    .replace(/^parallel:\n(?: .*\n)*/m, '');
  return allRings ? text.replace('q: from-file', 'q: all') : text;
}

function refuseOtherConfig(before: string, text: string, config: Config, output: string): void {
  const [old, now] = [before, text].map((one) => one.trimEnd().split('\n'));
  if (before === text) return;
  const changed = now!.filter((line) => !old!.includes(line)).map((line) => line.trim());
  const shown = changed.length === 0 ? 'keys were taken out' : changed.slice(0, 4).join(', ');
  throw new ConfigRefused(`the batch was begun with another configuration: ${shown}`, {
    where: { file: config.file ?? 'configuration' },
    help: `undo the change, or begin a new batch with another -o than ${output}`,
  });
}
