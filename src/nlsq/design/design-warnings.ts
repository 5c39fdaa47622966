/** What is wrong with a plan, where something is. */
import type { Warning } from '../../base/events.ts';
import { makeTimeGrid } from '../../model/time-grid.ts';
import type { ParameterValues } from '../../model/transport-law.ts';
import type { TwoTimeModel } from '../../model/two-time-model.ts';
import type { Covariance } from '../covariance.ts';
import { correlationTimes } from '../errors/age-blocks.ts';
import type { Uncertainty, WeakDirection } from '../outcome.ts';

export interface DesignFindings {
  readonly model: TwoTimeModel;
  readonly values: ParameterValues;
  readonly parameters: readonly { readonly name: string; readonly uncertainty: Uncertainty }[];
  /** The one that tables show. */
  readonly covariance: Covariance;
  /** Why there are no errors under speckle; null when there are. */
  readonly reason: string | null;
  readonly weakest: readonly WeakDirection[];
  /** Per angle, shape (P). */
  readonly correlationTimes: Float64Array;
}

/** A window of fewer correlation times does not tell the number of speckles well. */
const FEW_CORRELATION_TIMES = 20;
/** A fit of fewer frames says nothing of how its noise is correlated. */
const FEWEST_FRAMES = 16;
/** Windows tried as a remedy are at most so many times longer. */
const LONGEST = 64;

export function designWarnings(findings: DesignFindings): Warning[] {
  const { model, parameters, covariance, reason, weakest } = findings;
  const warnings: Warning[] = [];
  const warn = (code: string, text: string): void => void warnings.push({ code, text });
  const frames = model.grid.times.length;
  if (frames < FEWEST_FRAMES) {
    warn('few-frames', `a fit of ${frames} frames, fewer than ${FEWEST_FRAMES}, will give no errors under speckle`);
  }
  if (reason !== null) {
    warn('speckle-errors-unknown', `errors that know of speckle cannot be given (${reason}); the others are too small`);
  }
  const fewest = Math.min(...findings.correlationTimes);
  if (fewest < FEW_CORRELATION_TIMES) {
    warn(
      'few-correlation-times',
      `the window holds ${rounded(fewest)} correlation times, fewer than ${FEW_CORRELATION_TIMES}: the fit will not tell ` +
        `the number of speckles M well, and its errors will be rough${remedy(findings)}`,
    );
  }
  const held = parameters.filter(({ uncertainty }) => uncertainty.reason?.startsWith('at ') === true);
  for (const { name, uncertainty } of held) {
    warn('parameter-at-bound', `${name} is planned ${uncertainty.reason}; its error is unknown`);
  }
  weakest.forEach(({ text }, k) => {
    if (!covariance.directions[k]!.determined) warn('not-identifiable', text);
  });
  const rough = parameters.filter(({ uncertainty }) => uncertainty.nearDegenerate).map(({ name }) => name);
  if (rough.length > 0) {
    warn(
      'near-degenerate',
      `the errors of ${rough.join(', ')} owe much to a direction along which the problem is bent: they are rough, and ` +
        'the intervals will not be symmetric',
    );
  }
  return warnings;
}

/** How long the window would have to be. */
function remedy({ model, values, correlationTimes: now }: DesignFindings): string {
  const { dt, t0, positions } = model.grid;
  const first = positions[0]!;
  const longest = LONGEST * positions.length;
  const grid = makeTimeGrid(
    dt,
    t0,
    Float64Array.from({ length: longest }, (_, k) => first + k),
  );
  const physics = model.on(grid).physics(values);
  let enough = 0;
  for (let a = 0; a < now.length; a++) {
    const frame = correlationTimes(physics, a).findIndex((passed) => passed >= FEW_CORRELATION_TIMES);
    if (frame < 0) return `; not even ${LONGEST} times as many frames would be enough`;
    enough = Math.max(enough, first + frame + 1);
  }
  return `; about ${rounded(enough)} frames would hold as many`;
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(2)));
}
