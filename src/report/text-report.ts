/**
 * `report.txt`: the fit on one page in the layout of lmfit, the one people paste into e-mails.
 *
 * Plain ASCII apart from file names, at most 100 columns; values are rounded to two digits of their error.
 */
import type { DataSource } from '../data/dataset.ts';
import type { FitOutcome } from '../nlsq/outcome.ts';
import type { ShownKind } from '../nlsq/shown-errors.ts';
import type { ParameterRecord, ResultRecord, ScalingValueRecord, UncertaintyRecord } from '../results/index.ts';
import { inAscii } from './ascii.ts';
import { checkResult } from './checks.ts';
import type { Check } from './checks.ts';
import { strongCorrelations } from './correlations.ts';
import { conventionNote, formulaLines } from './model-text.ts';
import { errorLines, KIND_WORDS, NEAR_DEGENERATE, noiseLines } from './noise-text.ts';
import { counted, plain, relative, seconds, withError } from './number-format.ts';
import { posteriorSection } from './posterior-text.ts';
import { profileSection } from './profile-text.ts';
import { wrap } from './wrap.ts';

export interface ReportInput {
  readonly record: ResultRecord;
  readonly covariance: FitOutcome['covariance'];
  /** Where q, dt and the angles came from. */
  readonly origins: DataSource['origins'];
}

/** Correlations below this are not printed. */
const CORRELATION_THRESHOLD = 0.3;
const MOST_CORRELATIONS = 20;
/** Angles whose noise by lag is told. */
const MOST_COURSES = 3;
const INDENT = '    ';

export function textReport(input: ReportInput): string {
  const { record } = input;
  return [
    '[[Model]]',
    ...modelLines(input),
    '[[Fit Statistics]]',
    ...statisticsLines(record),
    '[[Variables]]',
    ...variableLines(record),
    '[[Standard Errors]]',
    ...errorLines(record),
    ...profileSection(record),
    ...posteriorSection(record),
    '[[Scaling]]',
    ...scalingLines(record),
    '[[Noise]]',
    ...noiseLines(record),
    `[[Correlations]] (unreported correlations are < ${CORRELATION_THRESHOLD.toFixed(3)})`,
    ...correlationLines(input),
    '[[Checks]]',
    ...checkResult(record).flatMap(checkLines),
    '',
    ...wrap('', `twotime ${record.versions['twotime'] ?? ''}, result ${record.digest}`),
    '',
  ].join('\n');
}

function checkLines({ verdict, text, details = [] }: Check): string[] {
  const head = `${INDENT}${verdict}  `;
  const indent = ' '.repeat(head.length);
  return [...wrap(head, inAscii(text)), ...details.flatMap((detail) => wrap(`${indent}- `, inAscii(detail)))];
}

function row(label: string, content: string): string[] {
  return wrap(`${INDENT}${label.padEnd(18)} = `, content);
}

function modelLines({ record, origins }: ReportInput): string[] {
  const { data, q, gap, support, scaling } = record;
  const { dt, t0, frames, frameCount } = support;
  const angles = scaling.angles.map((angle) => plain(angle.phi));
  return [
    ...row(
      'model',
      `${record.model}, ${Object.keys(record.parameters).length} physical parameters; scaling ${record.scaling.mode}`,
    ),
    ...formulaLines(record).map((line) => `${INDENT}${' '.repeat(21)}${line}`),
    ...row('convention', conventionNote(record)),
    ...row('data', `${data.file} (${data.layout})`),
    ...row('q', `${plain(q.value)} ${q.unit} (from the ${origins.q})`),
    ...(gap === null ? [] : row('gap', `${plain(gap.value)} ${gap.unit} (${plain(gap.value / 1e4)} um)`)),
    ...row('angles', `phi = ${angles.join(', ')} deg (from the ${origins.phi})`),
    ...row(
      'frames',
      `${frames[0]} to ${frames[1]}, ${frameCount} used; dt = ${plain(dt.value)} ${dt.unit} (from the ${origins.dt}); ` +
        `first frame of the window at t = ${plain(t0.value)} ${t0.unit}`,
    ),
  ];
}

function statisticsLines(record: ResultRecord): string[] {
  const { cost, solver, support, timings } = record;
  const free = support.points - cost.degreesOfFreedom;
  const chi = (value: number | null): string => (value === null ? `unknown (${cost.reason})` : plain(value));
  const byLag = record.weights.used === 'lag' ? '; times its course by lag, from the residuals' : '';
  const weight = cost.noise.absolute
    ? 'absolute: chi-square tests the model'
    : 'a relative weight between angles only: errors are scaled by the residuals';
  return [
    ...row('status', `${record.status}: ${inAscii(solver.reason)}`),
    ...row(
      'effort',
      `${counted(solver.iterations, 'iteration')}, ${counted(solver.fullSweeps, 'pass', 'passes')} over all data, ` +
        `${counted(solver.starts, 'start')} (${solver.startsAtBest} at the best minimum)`,
    ),
    ...row(
      'data points',
      `${support.points} pairs of frames t1 < t2, ${counted(support.angles, 'angle')}, each pair once`,
    ),
    ...row('left out', exclusions(record)),
    ...row('free parameters', String(free)),
    ...row('sigma of c2', `${range(cost.noise.sigma)}, ${inAscii(cost.noise.source)}; ${weight}`),
    ...weightsRow(record),
    ...row('chi-square', chi(cost.chi2)),
    ...row('reduced chi-square', `${chi(cost.reducedChi2)} (sigma: ${inAscii(cost.noise.source)}${byLag})`),
    ...row('rms residual', chi(cost.rms)),
    ...row('R-squared', chi(cost.r2)),
    ...row('time', `read ${seconds(timings.readSeconds)}, fit ${seconds(timings.fitSeconds)}`),
  ];
}

/** Told when weights were asked for. */
function weightsRow({ weights: { asked, used, reason }, noise: { byLag } }: ResultRecord): string[] {
  if (asked === 'none') return [];
  if (used === 'none')
    return row('weights', `none, although ${asked} was asked for: ${inAscii(reason ?? 'no reason given')}`);
  if (used === 'lag') {
    const [first, last] = [byLag?.lags[0] ?? NaN, byLag?.lags.at(-1) ?? NaN];
    const ends = (byLag?.sigma ?? []).map(
      (sigma) => `${plain(sigma[0] ?? NaN, 3)} to ${plain(sigma.at(-1) ?? NaN, 3)}`,
    );
    const shown = ends.length > MOST_COURSES ? [...ends.slice(0, MOST_COURSES), '...'] : ends;
    return row(
      'weights',
      `1/sigma(lag)^2, mean 1 per angle, sigma(lag) from the residuals without weights${byLag?.pooled === true ? ' (one course for all angles)' : ''}: ` +
        `${shown.join(', ')} from lag ${plain(first, 3)} to ${plain(last, 3)} s; chi-square is relative to it, rms is of all pairs ` +
        'alike; independent errors take the weighted residuals as independent',
    );
  }
  return row(
    'weights',
    'inverse covariance of thermal speckle (generalised least squares): values and errors are of the weighted fit, ' +
      'chi-square and rms of all pairs alike; independent errors take the weighted residuals as independent',
  );
}

function exclusions({ support: { excluded } }: ResultRecord): string {
  const told = [
    excluded.nan > 0 ? `${counted(excluded.nan, 'pair')} not finite` : '',
    excluded.frameAtTimeZero > 0 ? 'the frame at t = 0 (a power law is singular there)' : '',
    excluded.framesExcluded > 0 ? `${counted(excluded.framesExcluded, 'frame')} by data.exclude_frames` : '',
    excluded.framesOutsideWindow > 0 ? `${counted(excluded.framesOutsideWindow, 'frame')} outside data.frames` : '',
    excluded.angles > 0 ? `${counted(excluded.angles, 'angle')} by data.phi or data.exclude_phi` : '',
    excluded.otherQ > 0 ? `${counted(excluded.otherQ, 'matrix', 'matrices')} of other q` : '',
    'the diagonal t1 = t2 (shot noise)',
  ];
  return told.filter((text) => text !== '').join('; ');
}

function variableLines(record: ResultRecord): string[] {
  const names = Object.keys(record.parameters);
  const width = Math.max(...names.map((name) => name.length)) + 1;
  const values = names.map((name) => valueText(record.parameters[name]!, record.shownErrors));
  const valueWidth = Math.max(...values.map((text) => text.length));
  return [
    `${INDENT}+/- is one standard error ${KIND_WORDS[record.shownErrors]}`,
    ...names.map((name, k) => {
      const notes = parameterNotes(record.parameters[name]!, record.shownErrors);
      return `${INDENT}${`${name}:`.padEnd(width)} ${values[k]!.padEnd(valueWidth)}  ${notes}`.trimEnd();
    }),
  ];
}

function valueText({ value, unit, uncertainty }: ParameterRecord, shown: ShownKind): string {
  if (value === null) return 'unknown';
  const error = uncertainty[shown];
  const number = error === null ? plain(value) : withError(value, error);
  const share = error === null ? '' : relative(value, error);
  return [number, unit, share === '' ? '' : `(${share})`].filter((part) => part !== '').join(' ');
}

function parameterNotes(
  { value, vary, tie, start, bounds, atBound, uncertainty }: ParameterRecord,
  shown: ShownKind,
): string {
  if (tie !== null) return `(tied to ${tie})`;
  if (!vary) return '(fixed)';
  const notes = [start === null ? '(init: from the data)' : `(init = ${plain(start)})`];
  if (atBound !== null) {
    const bound = bounds[atBound === 'lower' ? 0 : 1];
    notes.push(`AT ${atBound.toUpperCase()} BOUND${bound === null ? '' : ` ${plain(bound)}`}`);
  } else if (uncertainty[shown] === null && value !== null) {
    notes.push(`+/- unknown: ${uncertainty.reason ?? 'no reason given'}`);
  } else if (uncertainty.nearDegenerate) notes.push(NEAR_DEGENERATE);
  return notes.join('  ');
}

function scalingLines({ scaling, cost, shownErrors }: ResultRecord): string[] {
  const cells = scaling.angles.map((angle, a) => [
    plain(angle.phi),
    scalingText(angle.contrast, shownErrors),
    scalingText(angle.offset, shownErrors),
    plain(cost.chi2PerPoint[a] ?? Number.NaN, 4),
    plain(cost.noise.sigma[a] ?? Number.NaN, 4),
  ]);
  const table = [['phi (deg)', 'contrast', 'offset', 'chi2/point', 'sigma'], ...cells];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  const reasons = new Set(
    scaling.angles.flatMap(({ contrast, offset }) =>
      [contrast, offset].flatMap((one) => missingError(one.uncertainty, shownErrors)),
    ),
  );
  return [
    ...table.map((line) => `${INDENT}${line.map((cell, column) => cell.padStart(widths[column]!)).join('   ')}`),
    ...[...reasons].flatMap((reason) => wrap(`${INDENT}errors not given: `, reason)),
  ];
}

function scalingText({ value, uncertainty }: ScalingValueRecord, shown: ShownKind): string {
  if (value === null) return 'unknown';
  const error = uncertainty[shown];
  if (error === null) return plain(value);
  return `${withError(value, error)}${uncertainty.nearDegenerate ? ` ${NEAR_DEGENERATE}` : ''}`;
}

function missingError({ reason, ...errors }: UncertaintyRecord, shown: ShownKind): string[] {
  return errors[shown] === null && reason !== null ? [reason] : [];
}

function correlationLines({ record, covariance }: ReportInput): string[] {
  const { names, [record.shownErrors]: matrix } = covariance;
  const strong = strongCorrelations({ names, matrix }, CORRELATION_THRESHOLD);
  if (strong.length === 0) return [`${INDENT}none`];
  const shown = strong.slice(0, MOST_CORRELATIONS).map(({ first, second, value }) => ({
    label: `C(${readableName(first, record)}, ${readableName(second, record)})`,
    value,
  }));
  const width = Math.max(...shown.map(({ label }) => label.length));
  const more = strong.length - shown.length;
  return [
    ...shown.map(({ label, value }) => {
      const mark = Math.abs(value) >= 0.99 ? '  nearly degenerate' : '';
      return `${INDENT}${label.padEnd(width)} = ${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(4)}${mark}`;
    }),
    ...(more > 0 ? [`${INDENT}and ${more} weaker ones`] : []),
  ];
}

/** `contrast[1]` becomes `contrast(phi = 45)`. */
function readableName(name: string, { scaling }: ResultRecord): string {
  const match = /^(contrast|offset)\[(\d+)\]$/.exec(name);
  const angle = match === null ? undefined : scaling.angles[Number(match[2])];
  return match === null || angle === undefined ? name : `${match[1]}(phi = ${plain(angle.phi)})`;
}

/** Extremes of the known numbers. */
function range(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return 'unknown';
  const [low, high] = [plain(Math.min(...known), 3), plain(Math.max(...known), 3)];
  return low === high ? low : `${low} to ${high}`;
}
