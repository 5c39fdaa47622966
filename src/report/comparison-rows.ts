/** Runs side by side as rows of cells, before they are set as text, Markdown, CSV or LaTeX. */
import { basename } from 'node:path';
import { unknownsOf, type ComparisonRecord, type RankedRun, type ResultRecord } from '../results/index.ts';
import { NEAR_DEGENERATE } from './noise-text.ts';

/** A number with its error, or words. */
export type Cell =
  | { readonly kind: 'number'; readonly value: number; readonly error: number | null; readonly note: string }
  | { readonly kind: 'words'; readonly text: string };

export interface ComparisonRow {
  readonly name: string;
  readonly unit: string;
  /** One per run. */
  readonly cells: readonly Cell[];
}

export interface ComparisonTable {
  /** Names of the runs: their folders where those differ, else as typed. */
  readonly runs: readonly string[];
  readonly rows: readonly ComparisonRow[];
}

/** Angles whose contrast and offset are shown one by one. */
const MOST_ANGLES = 6;

export function comparisonTable({ runs, ranking }: ComparisonRecord): ComparisonTable {
  const records = runs.map(({ record }) => record);
  const row = (name: string, unit: string, of: (record: ResultRecord, k: number) => Cell): ComparisonRow => ({
    name,
    unit,
    cells: records.map(of),
  });
  const parameters = [...new Set(records.flatMap((record) => Object.keys(record.parameters)))];
  const unitOf = (name: string): string => records.find((one) => name in one.parameters)!.parameters[name]!.unit;
  const ranked = runs.map(({ run }) => ranking?.runs.find((one) => one.run === run));
  const rows = [
    row('status', '', ({ status }) => words(status)),
    row('model', '', ({ model }) => words(model)),
    row('convention', '', ({ convention }) => words(convention)),
    row('scaling', '', ({ scaling }) => words(scaling.mode)),
    row('weights', '', ({ weights }) => words(weights.used)),
    row('data', '', ({ data }) => words(data.file)),
    row('pairs', '', ({ support }) => plainNumber(support.points)),
    row('unknowns', '', (record) => plainNumber(unknownsOf(record))),
    ...parameters.map((name) => row(name, unitOf(name), (record) => parameterCell(record, name))),
    ...scalingRows(records),
    row('speckles', '', specklesCell),
    row('rms', '', ({ cost }) => plainNumber(cost.rms)),
    row('reduced chi2', '', ({ cost }) => plainNumber(cost.reducedChi2)),
    row('R2', '', ({ cost }) => plainNumber(cost.r2)),
    ...(ranking === null
      ? []
      : [
          row('cv cost', '', (_, k) => plainNumber(ranked[k]?.cost ?? null)),
          row('cv difference', '%', (_, k) => differenceCell(ranked[k])),
        ]),
  ];
  return { runs: runNames(runs.map(({ run }) => run)), rows: rows.filter(({ name, cells }) => isTold(name, cells)) };
}

/** Rows that say the same of every run as a fit without options are left out. */
function isTold(name: string, cells: readonly Cell[]): boolean {
  if (name !== 'convention' && name !== 'weights') return true;
  const usual = name === 'convention' ? 'published' : 'none';
  return cells.some((cell) => cell.kind === 'words' && cell.text !== usual);
}

function words(text: string): Cell {
  return { kind: 'words', text };
}

function plainNumber(value: number | null): Cell {
  return value === null ? words('unknown') : { kind: 'number', value, error: null, note: '' };
}

function parameterCell({ parameters, shownErrors }: ResultRecord, name: string): Cell {
  const parameter = parameters[name];
  if (parameter === undefined) return words('');
  const { value, vary, tie, atBound, uncertainty } = parameter;
  if (value === null) return words('unknown');
  const error = uncertainty[shownErrors];
  const note = (): string => {
    if (tie !== null) return `tied to ${tie}`;
    if (!vary) return 'fixed';
    if (atBound !== null) return `at ${atBound} bound`;
    if (error === null) return uncertainty.reason ?? 'error unknown';
    if (uncertainty.nearDegenerate) return NEAR_DEGENERATE;
    return shownErrors === 'speckle' ? '' : shownErrors;
  };
  return { kind: 'number', value, error, note: note() };
}

function scalingRows(records: readonly ResultRecord[]): ComparisonRow[] {
  const angles = [...new Set(records.flatMap(({ scaling }) => scaling.angles.map(({ phi }) => phi)))];
  const kinds = ['contrast', 'offset'] as const;
  if (angles.length > MOST_ANGLES) {
    return kinds.map((kind) => ({
      name: kind,
      unit: '',
      cells: records.map(({ scaling }) => {
        const values = scaling.angles.flatMap((angle) => angle[kind].value ?? []);
        if (values.length === 0) return words('unknown');
        const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => Number(value.toPrecision(4)));
        return words(`${low} to ${high}`);
      }),
    }));
  }
  return angles.flatMap((phi) =>
    kinds.map((kind) => ({
      name: `${kind} at ${Number(phi.toPrecision(6))} deg`,
      unit: '',
      cells: records.map(({ scaling, shownErrors }): Cell => {
        const found = scaling.angles.find((angle) => angle.phi === phi)?.[kind];
        if (found === undefined) return words('');
        if (found.value === null) return words('unknown');
        const { [shownErrors]: error, reason, nearDegenerate } = found.uncertainty;
        const note = error === null ? (reason ?? 'error unknown') : nearDegenerate ? NEAR_DEGENERATE : '';
        return { kind: 'number', value: found.value, error, note };
      }),
    })),
  );
}

/** M of the angles where they share it, else the range. */
function specklesCell({ noise }: ResultRecord): Cell {
  const found = noise.angles.flatMap(({ speckles: { value, error } }) => (value === null ? [] : [{ value, error }]));
  const first = found[0];
  if (first === undefined) return words('unknown');
  if (noise.shared) return { kind: 'number', ...first, note: '' };
  const values = found.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => Number(value.toPrecision(3)));
  return words(low === high ? String(low) : `${low} to ${high}`);
}

function differenceCell(ranked: RankedRun | undefined): Cell {
  if (ranked === undefined) return words('');
  if (ranked.difference === 0 && ranked.error === 0) return words('best');
  return { kind: 'number', value: 100 * ranked.difference, error: 100 * ranked.error, note: '' };
}

function runNames(runs: readonly string[]): string[] {
  const names = runs.map((run) => basename(run.replace(/[/\\]+$/, '')) || run);
  return new Set(names).size === names.length ? names : [...runs];
}
