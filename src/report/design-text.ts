/** The errors of a plan for the terminal: one plan in full, or a table with one row per variation. */
import type { DesignRecord, PlannedError } from '../results/index.ts';
import { NEAR_DEGENERATE } from './noise-text.ts';
import { counted, plain, relative } from './number-format.ts';
import { wrap } from './wrap.ts';

const ROUGH_MARK = '~';
const ANGLES_SHOWN = 8;

export function designText(record: DesignRecord): string {
  const { model, convention, q, gap, grid, noise, points, rms, parameters, scaling, identifiability } = record;
  const { frames, dt, t0, phi } = grid;
  const angles = phi.length > ANGLES_SHOWN ? `${phi.slice(0, ANGLES_SHOWN).join(', ')}, …` : phi.join(', ');
  const photons =
    noise.photons === null
      ? 'no photon noise'
      : `photon noise sigma_w = ${plain(noise.sigma, 3)} (${plain(noise.photons, 3)} photons per speckle and frame)`;
  const rows = Object.entries(parameters).map(([name, { value, unit, vary, tie, uncertainty }]) => {
    if (tie !== null) return [name, plain(value), unit, '', '', '', `tied to ${tie}`];
    if (!vary) return [name, plain(value), unit, '', '', '', 'fixed'];
    return [name, plain(value), unit, ...errorCells(value, uncertainty)];
  });
  const perAngle = scaling.slice(0, ANGLES_SHOWN).flatMap((angle) =>
    (['contrast', 'offset'] as const).map((kind) => {
      const { value, uncertainty } = angle[kind];
      const name = `${kind} at ${plain(angle.phi)} deg`;
      if (uncertainty.reason === 'fixed') return [name, plain(value), '', '', '', '', 'fixed'];
      return [name, plain(value), '', ...errorCells(value, uncertainty)];
    }),
  );
  const more = scaling.length - ANGLES_SHOWN;
  return [
    ...wrap('plan      ', `${model} (${convention}), q = ${plain(q.value)} ${q.unit}${gapText(gap)}`),
    ...wrap(
      '          ',
      `${frames} frames of ${plain(dt.value)} s from t = ${plain(t0.value)} s, ${counted(phi.length, 'angle')} (${angles} deg), ` +
        `${points} pairs; scaling ${record.scalingMode}`,
    ),
    ...wrap('noise     ', `${plain(noise.speckles)} speckles per angle, ${photons}; rms of residuals ${plain(rms, 3)}`),
    ...wrap('window    ', `${timesText(record)} correlation times`),
    '',
    ...table(HEADER, [...rows, ...perAngle]),
    ...(more > 0 ? [`and contrast and offset of ${counted(more, 'more angle')}`] : []),
    '',
    ...wrap('', EXPLANATION),
    ...(identifiability.weakest.length === 0 ? [] : ['', 'weakest directions, weakest first:']),
    ...identifiability.weakest.flatMap(({ text }) => wrap('  - ', text)),
  ].join('\n');
}

const HEADER = ['', 'value', 'unit', 'error', '', 'independent', 'note'];
const EXPLANATION =
  'error: one standard error under thermal speckle and photon noise, what a fit will have. independent: what a fit prints ' +
  'as if all pairs were independent, too small by the factor behind it.';

function gapText(gap: DesignRecord['gap']): string {
  return gap === null ? '' : `, gap = ${plain(gap.value / 1e4)} um`;
}

function timesText({ correlationTimes }: DesignRecord): string {
  const [low, high] = [Math.min(...correlationTimes), Math.max(...correlationTimes)].map((value) => plain(value, 3));
  return low === high ? low! : `${low} to ${high}`;
}

/** Error, its share of the value, independent error with the factor between the two, note. */
function errorCells(value: number, { speckle, independent, reason, nearDegenerate }: PlannedError): string[] {
  const factor = speckle === null || independent === null ? '' : ` (${plain(speckle / independent, 2)}x)`;
  return [
    speckle === null ? 'unknown' : plain(speckle, 3),
    speckle === null ? '' : relative(value, speckle),
    independent === null ? 'unknown' : `${plain(independent, 3)}${factor}`,
    reason ?? (nearDegenerate ? NEAR_DEGENERATE : ''),
  ];
}

/** One row per plan: what was varied, correlation times, the error of each free parameter. */
export function designTable(records: readonly DesignRecord[]): string {
  const varied = [...new Set(records.flatMap(({ variation }) => Object.keys(variation)))];
  const isFree = (name: string): boolean =>
    records.some(({ parameters }) => parameters[name]?.vary === true && parameters[name].tie === null);
  const names = [...new Set(records.flatMap(({ parameters }) => Object.keys(parameters)))].filter(isFree);
  const title = (name: string): string => {
    const unit = records.find(({ parameters }) => name in parameters)!.parameters[name]!.unit;
    return unit === '' ? name : `${name} (${unit})`;
  };
  const header = [...varied, 'corr. times', ...names.map(title), 'contrast'];
  const rows = records.map((record) => [
    ...varied.map((name) => record.variation[name] ?? ''),
    plain(Math.min(...record.correlationTimes), 3),
    ...names.map((name) => errorText(record.parameters[name]?.uncertainty)),
    errorText(worst(record.scaling.map(({ contrast }) => contrast.uncertainty))),
  ]);
  return [
    ...table(header, rows),
    '',
    ...wrap(
      '',
      'one standard error of each parameter under thermal speckle and photon noise, of the contrast that of the worst angle; ' +
        `${ROUGH_MARK} near-degenerate: rough; correlation times of the angle with the fewest`,
    ),
  ].join('\n');
}

function errorText(error: PlannedError | undefined): string {
  if (error === undefined) return '';
  if (error.reason === 'fixed') return 'fixed';
  if (error.speckle === null) return 'unknown';
  return `${error.nearDegenerate ? ROUGH_MARK : ''}${plain(error.speckle, 3)}`;
}

/** The largest error; one that is unknown is larger than any other. */
function worst(errors: readonly PlannedError[]): PlannedError | undefined {
  const size = ({ speckle }: PlannedError): number => speckle ?? Infinity;
  return errors.toSorted((a, b) => size(b) - size(a))[0];
}

/** Columns as wide as they need; the first to the left, numbers to the right. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [header, ...rows];
  const widths = header.map((_, k) => Math.max(...all.map((row) => row[k]!.length)));
  const isNumber = header.map((_, k) => rows.some((row) => /^~?[-+]?[\d.]+(?:e[-+]?\d+)?(?: |$)/.test(row[k]!)));
  return all.map((row) =>
    row
      .map((cell, k) => (isNumber[k]! && k > 0 ? cell.padStart(widths[k]!) : cell.padEnd(widths[k]!)))
      .join('  ')
      .trimEnd(),
  );
}
