/** A batch as it stands and what is to be done next, found without writing anything: what `--dry-run` shows. */
import { ConfigRefused } from '../../base/errors.ts';
import type { TaskContext } from '../../base/task-context.ts';
import { toYaml, type Config } from '../../config/index.ts';
import { validateFit } from '../../nlsq/index.ts';
import type { BatchRecord, JobRecord } from '../../results/index.ts';
import { fitPlan } from '../prepare-fit.ts';
import { checkBatchFolder, lookAtRuns, readBatch } from './batch-folder.ts';
import { expandFiles } from './expand-files.ts';
import { planBatch } from './plan-batch.ts';

export interface BatchRequest {
  /** Files and patterns; none: those of the batch so far. */
  readonly files: readonly string[];
  readonly config: Config;
  /** Every q ring of a file is a job, or the one of the configuration. */
  readonly allRings: boolean;
  readonly output: string;
  readonly only: 'failed' | 'pending' | null;
  /** Failures after which nothing more is begun. */
  readonly maxFailures: number;
  readonly overlap: boolean;
  readonly argv: readonly string[];
}

export interface PlannedBatch {
  /** As it was left by an earlier process; null when it is new. */
  readonly before: BatchRecord | null;
  /** What decides results, as YAML. */
  readonly configText: string;
  readonly jobs: readonly JobRecord[];
  /** Names of those to be worked on, in order. */
  readonly todo: readonly string[];
  readonly refusals: ReadonlyMap<string, string>;
  /** Jobs whose file is not the one they were fitted to any more. */
  readonly outdated: number;
}

/** Throws when the batch cannot be: a wrong pattern, another configuration than before, a folder that is not its. */
export async function planWork(request: BatchRequest, context: TaskContext): Promise<PlannedBatch> {
  const { config, output, allRings, only } = request;
  validateFit(fitPlan(config, undefined));
  const named = await expandFiles(request.files);
  await checkBatchFolder(output);
  const before = await readBatch(output);
  const configText = decidingText(config, allRings);
  if (before !== null) refuseOtherConfig(before, configText, config, output);
  const known = lookAtRuns(output, before?.jobs ?? []);
  const files = named.length > 0 ? named : uniqueFiles(known);
  const plan = await planBatch({ files, q: allRings ? 'all' : config.data.q, known }, context);
  const todo = plan.jobs.filter((job) => plan.asked.has(job.name) && isToDo(job, only)).map(({ name }) => name);
  const outdated = plan.outdated.size;
  return { before, configText, jobs: plan.jobs, todo, refusals: plan.refusals, outdated };
}

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

function uniqueFiles(jobs: readonly JobRecord[]): { file: string; path: string }[] {
  return [...new Map(jobs.map(({ file, path }) => [path, { file, path }])).values()];
}

/** The configuration without where it came from and what has no influence on results. */
function decidingText(config: Config, allRings: boolean): string {
  const data = { ...config.data, q: allRings ? null : config.data.q };
  const text = toYaml({ ...config, data, file: null, origins: new Map() })
    .replaceAll(/ # default$/gm, '')
    .replace(/^parallel:\n(?: .*\n)*/m, '');
  return allRings ? text.replace('q: from-file', 'q: all') : text;
}

function refuseOtherConfig(before: BatchRecord, text: string, config: Config, output: string): void {
  const [old, now] = [before.config.text, text].map((one) => one.trimEnd().split('\n'));
  if (before.config.text === text) return;
  const changed = now!.filter((line) => !old!.includes(line)).map((line) => line.trim());
  const shown = changed.length === 0 ? 'keys were taken out' : changed.slice(0, 4).join(', ');
  throw new ConfigRefused(`the batch was begun with another configuration: ${shown}`, {
    where: { file: config.file ?? 'configuration' },
    help: `undo the change, or begin a new batch with another -o than ${output}`,
  });
}
