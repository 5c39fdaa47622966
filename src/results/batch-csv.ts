/** `summary.csv`: one row per job of a batch, for Excel and pandas. */
import type { JobRecord } from './batch-record.ts';
import { csvText, type CsvCell } from './csv.ts';

/** RFC 4180 text with a header line. Columns of parameters are those of the jobs that have a result. */
export function batchCsv(jobs: readonly JobRecord[]): string {
  const names = [...new Set(jobs.flatMap(({ result }) => Object.keys(result?.parameters ?? {})))];
  const header = [
    'file',
    'q_inv_angstrom',
    'run',
    'config',
    'status',
    'fit_status',
    'angles',
    'frames',
    'points',
    ...names.flatMap((name) => [name, `${name}_error_speckle`, `${name}_error_independent`, `${name}_unit`]),
    'contrast_mean',
    'offset_mean',
    'reduced_chi2',
    'load_seconds',
    'fit_seconds',
    'write_seconds',
    'digest',
    'warnings',
    'reason',
  ];
  return csvText([header, ...jobs.map((job) => rowOf(job, names))]);
}

function rowOf({ result, seconds, ...job }: JobRecord, names: readonly string[]): CsvCell[] {
  return [
    job.file,
    result?.q ?? job.q,
    job.name,
    job.config,
    job.status,
    result?.fit ?? null,
    result?.angles ?? job.angles,
    job.frames,
    result?.points ?? null,
    ...names.flatMap((name): CsvCell[] => {
      const one = result?.parameters[name];
      if (one === undefined) return [null, null, null, null];
      return [one.value, one.speckle, one.independent, one.unit];
    }),
    result?.contrast ?? null,
    result?.offset ?? null,
    result?.reducedChi2 ?? null,
    seconds?.load ?? null,
    seconds?.fit ?? null,
    seconds?.write ?? null,
    result?.digest ?? null,
    result?.warnings.join(' ') ?? null,
    job.reason,
  ];
}
