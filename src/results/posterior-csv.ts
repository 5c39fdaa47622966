/** `posterior.csv`: one row per parameter, and per contrast, offset and noise of every angle, for Excel and pandas. */
import type { Dataset } from '../data/dataset.ts';
import { csvText, type CsvCell } from './csv.ts';
import type { PosteriorQuantityRecord, PosteriorRecord } from './posterior-record.ts';

const COLUMNS = [
  ...['file', 'q_inv_angstrom', 'phi_deg', 'parameter', 'unit', 'mean', 'sd', 'median'],
  ...['lower_68', 'upper_68', 'lower_95', 'upper_95'],
  ...['r_hat', 'ess_bulk', 'ess_tail', 'mcse_mean', 'mcse_sd'],
  ...['method', 'likelihood', 'verdict'],
] as const;

/** The table with a header line; numbers keep all their digits, and what is not known is an empty cell. */
export function posteriorCsv(record: PosteriorRecord, { q, source }: Pick<Dataset, 'q' | 'source'>): string {
  const row = (phi: number | null, name: string, one: PosteriorQuantityRecord): CsvCell[] => [
    ...[source.file, q, phi, name, one.unit, one.mean, one.sd, one.median, ...one.interval68, ...one.interval95],
    ...[one.rHat, one.essBulk, one.essTail, one.mcseMean, one.mcseSd],
    ...[record.method, record.likelihood, record.verdict.level],
  ];
  const parameters = Object.entries(record.parameters).map(([name, one]) => row(null, name, one));
  const angles = record.angles.flatMap(({ phi, contrast, offset, sigma }) => [
    ...(contrast === null ? [] : [row(phi, 'contrast', contrast)]),
    ...(offset === null ? [] : [row(phi, 'offset', offset)]),
    row(phi, 'sigma', sigma),
  ]);
  return csvText([COLUMNS, ...parameters, ...angles]);
}
