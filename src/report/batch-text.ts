/** A batch in words: what is planned, what became of it, where the time went. */
import type { BatchCounts, BatchPlanRecord, BatchRecord, JobRecord, StageTimes } from '../results/index.ts';
import { counted, plain, seconds } from './number-format.ts';

/** Failures told one by one; of more, how many share a reason. */
const TOLD_FAILURES = 10;
const TOLD_JOBS = 30;

/** The end of a batch on the terminal; `folder` is null when the summary could not be written there. */
export function batchText(record: BatchRecord, folder: string | null): string[] {
  const { counts, stages, jobs } = record;
  return [
    countsText(counts),
    ...failureLines(jobs),
    ...(stages === null || stages.load + stages.fit + stages.write === 0 ? [] : [stagesText(stages)]),
    ...(folder === null ? [] : [`written: ${folder}/summary.csv, ${folder}/summary.html, ${folder}/batch.json`]),
  ];
}

/** `40 submitted = 37 ok (2 not converged) + 3 failed + 0 skipped + 0 pending + 0 cancelled`. */
export function countsText({ submitted, ok, notConverged, ...counts }: BatchCounts): string {
  const { failed, skipped, pending, cancelled } = counts;
  const converged = notConverged === 0 ? '' : ` (${notConverged} not converged)`;
  return (
    `${submitted} submitted = ${ok} ok${converged} + ${failed} failed + ${skipped} skipped + ` +
    `${pending} pending + ${cancelled} cancelled`
  );
}

/** One line per failure, or per reason where there are many. */
export function failureLines(jobs: readonly Pick<JobRecord, 'name' | 'file' | 'status' | 'reason'>[]): string[] {
  const failed = jobs.filter(({ status }) => status === 'failed');
  const oneLine = (text: string | null): string => (text ?? 'no reason given').split('\n')[0]!;
  if (failed.length <= TOLD_FAILURES) {
    return failed.map(({ name, reason }) => `  failed ${name}: ${oneLine(reason)}`);
  }
  // Reasons begin with the file, which would make each its own.
  const withoutFile = ({ file, reason }: Pick<JobRecord, 'file' | 'reason'>): string =>
    file === '' ? oneLine(reason) : oneLine(reason).replaceAll(file, 'the file');
  const groups = [...Map.groupBy(failed, withoutFile)].toSorted(([, a], [, b]) => b.length - a.length);
  return groups.slice(0, TOLD_FAILURES).map(([reason, group]) => {
    return `  failed ${counted(group.length, 'job')}, ${group[0]!.name} for instance: ${reason}`;
  });
}

function stagesText({ total, load, fit, sample = 0, write, outside, fitWaited }: StageTimes): string {
  const sampled = sample > 0 ? `sample ${seconds(sample)}, ` : '';
  const share = (100 * outside) / total;
  return (
    `${seconds(total)}: load ${seconds(load)}, fit ${seconds(fit)}, ${sampled}write ${seconds(write)} side by side; ` +
    `the fit waited ${seconds(fitWaited)} for data; outside the stages ${plain(share, 2)} %`
  );
}

/** What `--dry-run` prints. */
export function dryRunText(plan: BatchPlanRecord): string {
  const { counts, jobs, todo, points, memoryBytes, estimate, outdated } = plan;
  const wanted = jobs.filter(({ action }) => action !== 'leave');
  const lines = wanted.slice(0, TOLD_JOBS).map(({ name, action, angles, frames, refusal }) => {
    const what =
      refusal === null ? `${counted(angles, 'angle')} x ${counted(frames, 'frame')}` : `will fail: ${refusal}`;
    return `  ${action.padEnd(6)} ${name}: ${what}`;
  });
  if (wanted.length > TOLD_JOBS) lines.push(`  and ${wanted.length - TOLD_JOBS} more`);
  const old = outdated === 0 ? [] : [`${counted(outdated, 'result')} of files that have changed since are kept`];
  return [
    `${countsText(counts)}; ${counted(todo, 'job')} to do`,
    ...lines,
    ...old,
    `${plain(points / 1e6, 3)} million points; memory for data about ${plain(memoryBytes / 1e6, 2)} MB; ` +
      `time about ${seconds(Number(estimate.seconds.toPrecision(2)))} (${estimate.basis})`,
    'nothing was written',
  ].join('\n');
}
