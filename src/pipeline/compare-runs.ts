/** Runs side by side: read them back, and rank them where that means something. */
import { resolve } from 'node:path';
import { InputRefused, UsageRefused } from '../base/errors.ts';
import type { TaskContext } from '../base/task-context.ts';
import { COMPARISON_SCHEMA, type ComparisonRecord } from '../results/index.ts';
import { rankRuns } from './rank-runs.ts';
import { readRun, type FinishedRun } from './read-run.ts';

export interface CompareRequest {
  /** Run directories, at least two. */
  readonly runs: readonly string[];
  /** Where the data are now; null: where they were. */
  readonly input: string | null;
  readonly rank: boolean;
}

/** Wavevectors that differ by less, relatively, are one. */
const SAME_Q = 1e-6;

/** Throws `UsageRefused` or `InputRefused` for runs that cannot stand in one table, `Cancelled` when stopped. */
export async function compareRuns(
  { runs, input, rank }: CompareRequest,
  context: TaskContext,
): Promise<ComparisonRecord> {
  if (runs.length < 2) {
    throw new UsageRefused('a comparison needs two runs or more', { help: 'name their folders: twotime compare A B' });
  }
  const twice = runs.find((run, k) => runs.findIndex((other) => resolve(other) === resolve(run)) < k);
  if (twice !== undefined) {
    throw new UsageRefused(`the run ${twice} is named twice`, { help: 'name each run once' });
  }
  const finished: FinishedRun[] = [];
  for (const run of runs) finished.push(await readRun(run));
  refuseOtherQ(finished);
  const found = rank ? await rankRuns(finished, input, context) : { ranking: null, reason: 'not asked for' };
  return { schema: COMPARISON_SCHEMA, runs: finished.map(({ run, record }) => ({ run, record })), ...found };
}

function refuseOtherQ([first, ...others]: readonly FinishedRun[]): void {
  const { value: q, unit } = first!.record.q;
  const other = others.find(({ record }) => Math.abs(record.q.value / q - 1) > SAME_Q);
  if (other === undefined) return;
  throw new InputRefused(
    `the runs are of different q: ${first!.run} of ${q} ${unit}, ${other.run} of ${other.record.q.value} ${unit}`,
    { help: 'compare runs of one q' },
  );
}
