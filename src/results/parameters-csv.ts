/**
 * `parameters.csv`: one row per parameter, contrast and offset of every angle included, for Excel and pandas.
 *
 * Numbers carry all their digits; what is not known is an empty cell with its reason in the column `reason`.
 */
import type { ResultRecord, UncertaintyRecord } from './result-record.ts';

const COLUMNS = [
  'file',
  'q_inv_angstrom',
  'phi_deg',
  'parameter',
  'value',
  'unit',
  'error_speckle',
  'error_independent',
  'error_dyadic',
  'reason',
  'near_degenerate',
  'vary',
  'tie',
  'start',
  'lower_bound',
  'upper_bound',
  'at_bound',
] as const;

type Cell = string | number | boolean | null;
type Row = Readonly<Partial<Record<(typeof COLUMNS)[number], Cell>>>;

/** The table as RFC 4180 text with a header line; `phi_deg` is empty for parameters of all angles together. */
export function parametersCsv(record: ResultRecord): string {
  const common = { file: record.data.file, q_inv_angstrom: record.q.value };
  const rows: Row[] = Object.entries(record.parameters).map(([parameter, one]) => ({
    ...common,
    parameter,
    value: one.value,
    unit: one.unit,
    ...errors(one.uncertainty),
    vary: one.vary,
    tie: one.tie,
    start: one.start,
    lower_bound: one.bounds[0],
    upper_bound: one.bounds[1],
    at_bound: one.atBound,
  }));
  const vary = record.scaling.mode !== 'fixed';
  for (const angle of record.scaling.angles) {
    for (const parameter of ['contrast', 'offset'] as const) {
      const { value, uncertainty } = angle[parameter];
      rows.push({ ...common, phi_deg: angle.phi, parameter, value, unit: '', ...errors(uncertainty), vary });
    }
  }
  const lines = rows.map((row) => COLUMNS.map((column) => cell(row[column] ?? null)).join(','));
  return `${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`;
}

function errors(uncertainty: UncertaintyRecord): Row {
  return {
    error_speckle: uncertainty.speckle,
    error_independent: uncertainty.independent,
    error_dyadic: uncertainty.dyadic,
    reason: uncertainty.reason,
    near_degenerate: uncertainty.nearDegenerate,
  };
}

function cell(value: Cell): string {
  if (value === null) return '';
  const content = String(value);
  return /[",\r\n]/.test(content) ? `"${content.replaceAll('"', '""')}"` : content;
}
