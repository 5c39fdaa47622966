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

/** Ends of the profile-likelihood intervals; there only where profiles were asked for. */
const PROFILE_COLUMNS = [
  'profile_68_lower',
  'profile_68_upper',
  'profile_95_lower',
  'profile_95_upper',
  'profile_reason',
] as const;

type Cell = string | number | boolean | null;
type Column = (typeof COLUMNS)[number] | (typeof PROFILE_COLUMNS)[number];
type Row = Readonly<Partial<Record<Column, Cell>>>;

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
    ...profileEnds(record, parameter),
  }));
  const vary = record.scaling.mode !== 'fixed';
  for (const angle of record.scaling.angles) {
    for (const parameter of ['contrast', 'offset'] as const) {
      const { value, uncertainty } = angle[parameter];
      rows.push({ ...common, phi_deg: angle.phi, parameter, value, unit: '', ...errors(uncertainty), vary });
    }
  }
  const columns: readonly Column[] = record.profiles === null ? COLUMNS : [...COLUMNS, ...PROFILE_COLUMNS];
  const lines = rows.map((row) => columns.map((column) => cell(row[column] ?? null)).join(','));
  return `${[columns.join(','), ...lines].join('\r\n')}\r\n`;
}

function profileEnds({ profiles }: ResultRecord, name: string): Row {
  const profile = profiles?.parameters.find((one) => one.name === name);
  if (profile === undefined) return {};
  const [inner, outer] = profile.intervals;
  const ends = [inner?.lower, inner?.upper, outer?.lower, outer?.upper];
  const [a, b, c, d] = ends.map((end) => end?.value ?? null);
  const told = ends.flatMap((end) => [end?.reason ?? null, end?.note ?? null]).filter((text) => text !== null);
  return {
    profile_68_lower: a ?? null,
    profile_68_upper: b ?? null,
    profile_95_lower: c ?? null,
    profile_95_upper: d ?? null,
    profile_reason: told.length === 0 ? null : [...new Set(told)].join('; '),
  };
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
