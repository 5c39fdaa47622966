/** `summary.csv`: one row per job of a batch, for Excel and pandas. */
import type { JobRecord } from './batch-record.ts';
import { csvText, type CsvCell } from './csv.ts';

/** RFC 4180 text with a header line. Columns of parameters are those of the jobs that have a result or a posterior. */
export function batchCsv(jobs: readonly JobRecord[]): string {
  const names = [...new Set(jobs.flatMap(({ result }) => Object.keys(result?.parameters ?? {})))];
  const sampled = [...new Set(jobs.flatMap(({ result }) => Object.keys(result?.posterior?.parameters ?? {})))];
  const metas = [...new Set(jobs.flatMap(({ meta }) => Object.keys(meta ?? {})))];
  const header = [
    'file',
    'q_inv_angstrom',
    'run',
    'config',
    ...metas,
    'status',
    'fit_status',
    'angles',
    'frames',
    'points',
    ...names.flatMap((name) => [name, `${name}_error_speckle`, `${name}_error_independent`, `${name}_unit`]),
    ...sampled.flatMap((name) => [`${name}_posterior_median`, `${name}_posterior_sd`]),
    ...(sampled.length > 0 ? ['posterior_method', 'posterior_verdict', 'posterior_digest'] : []),
    'contrast_mean',
    'offset_mean',
    'relaxation_s',
    'relaxation_error_s',
    'reduced_chi2',
    'load_seconds',
    'fit_seconds',
    ...(sampled.length > 0 ? ['sample_seconds'] : []),
    'write_seconds',
    'digest',
    'warnings',
    'reason',
  ];
  return csvText([header, ...jobs.map((job) => rowOf(job, { names, metas, sampled }))]);
}

function rowOf(
  { result, seconds, ...job }: JobRecord,
  { names, metas, sampled }: Record<'names' | 'metas' | 'sampled', readonly string[]>,
): CsvCell[] {
  const posterior = result?.posterior;
  return [
    job.file,
    result?.q ?? job.q,
    job.name,
    job.config,
    ...metas.map((name) => job.meta?.[name] ?? null),
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
    ...sampled.flatMap((name): CsvCell[] => {
      const one = posterior?.parameters[name];
      return [one?.median ?? null, one?.sd ?? null];
    }),
    ...(sampled.length > 0 ? [posterior?.method ?? null, posterior?.verdict ?? null, posterior?.digest ?? null] : []),
    result?.contrast ?? null,
    result?.offset ?? null,
    result?.relaxation?.time ?? null,
    result?.relaxation?.error ?? null,
    result?.reducedChi2 ?? null,
    seconds?.load ?? null,
    seconds?.fit ?? null,
    ...(sampled.length > 0 ? [seconds?.sample ?? null] : []),
    seconds?.write ?? null,
    result?.digest ?? null,
    result?.warnings.join(' ') ?? null,
    job.reason,
  ];
}
