/** The few lines a fit leaves on the terminal. */
import type { Warning } from '../base/events.ts';
import type { ResultRecord } from '../results/index.ts';
import { KIND_WORDS, NEAR_DEGENERATE } from './noise-text.ts';
import { counted, plain, relative, seconds, withError } from './number-format.ts';
import { posteriorSummary } from './posterior-text.ts';
import { wrap } from './wrap.ts';

const WEIGHTS_LINES: Readonly<Record<ResultRecord['weights']['used'], readonly string[]>> = {
  none: [],
  lag: ['  values: weighted by the variance at each lag; reduced chi2 is relative to it'],
  speckle: ['  values: generalised least squares, weighted by the covariance of speckle'],
};

/** Lines without colour: status, parameters, quality, where the files are, and the warnings not `shown` before. */
export function consoleSummary(record: ResultRecord, runDirectory: string, shown: readonly Warning[] = []): string[] {
  const { support, cost, solver, timings, q } = record;
  const warnings = record.warnings.filter(
    ({ code, text }) => !shown.some((one) => one.code === code && one.text === text),
  );
  const names = Object.keys(record.parameters);
  const width = Math.max(...names.map((name) => name.length));
  const quality =
    `rms residual ${plain(cost.rms ?? Number.NaN, 3)}, R2 ${plain(cost.r2 ?? Number.NaN, 4)}, ` +
    `reduced chi2 ${plain(cost.reducedChi2 ?? Number.NaN, 4)}${cost.noise.absolute ? '' : ' (relative sigma)'}, ` +
    `${solver.startsAtBest} of ${counted(solver.starts, 'start')} at the best minimum`;
  return [
    `${record.status}: ${record.data.file}, q = ${plain(q.value)} ${q.unit}, ${counted(support.angles, 'angle')}, ` +
      `${support.points} points (${solver.reason})`,
    ...names.map((name) => `  ${name.padEnd(width)}  ${parameterText(record, name)}`),
    ...WEIGHTS_LINES[record.weights.used],
    `  +/-: ${record.shownErrors} errors, ${KIND_WORDS[record.shownErrors]}`,
    `  ${quality}`,
    ...(record.posterior === null ? [] : posteriorSummary(record.posterior)),
    `  read ${seconds(timings.readSeconds)}, fit ${seconds(timings.fitSeconds)}, in all ${seconds(timings.totalSeconds)}`,
    `  report, numbers and figures in ${runDirectory}`,
    ...warnings.flatMap((warning) => wrap('warning: ', warning.text)),
  ];
}

function parameterText(record: ResultRecord, name: string): string {
  const { value, unit, vary, tie, atBound, uncertainty } = record.parameters[name]!;
  const mark = uncertainty.nearDegenerate ? `, ${NEAR_DEGENERATE}` : '';
  if (value === null) return 'unknown';
  const error = uncertainty[record.shownErrors];
  const number = [error === null ? plain(value) : withError(value, error), unit]
    .filter((part) => part !== '')
    .join(' ');
  const share = error === null ? '' : relative(value, error);
  if (share !== '') return `${number} (${share}${mark})`;
  if (tie !== null) return `${number} (tied to ${tie})`;
  if (!vary) return `${number} (fixed)`;
  if (atBound !== null) return `${number} (at its ${atBound} bound)`;
  return `${number} (error unknown: ${uncertainty.reason ?? 'no reason given'})`;
}
