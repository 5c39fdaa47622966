/** The parameters of a batch against q, the order of its files, and what a manifest says of them. */
import { PARAMETER_SYMBOLS } from './parameter-symbols.ts';
import type { JobRecord, JobResult } from '../results/batch-record.ts';
import { drawTrend, type Trend, type TrendPanel, type TrendPoint } from './trend.ts';

export interface BatchFigure {
  /** `parameters-by-q`, `parameters-by-file`, and `parameters-by-NAME` for what a manifest says of the files. */
  readonly name: string;
  readonly svg: string;
}

type Finished = JobRecord & { readonly result: JobResult };

/** Figures of the jobs that have a result; none where there is nothing to compare. */
export function drawBatchTrends(jobs: readonly JobRecord[], batch: string, version: string): BatchFigure[] {
  const finished = jobs.filter((job): job is Finished => job.status === 'ok' && job.result !== null);
  const files = [...new Set(jobs.map(({ path }) => path))];
  const groups = new Map(files.map((path, k) => [path, k]));
  const rings = [...new Set(finished.map(({ result }) => ringOf(result.q)))].toSorted((a, b) => a - b);
  const left = jobs.length - finished.length;
  const notes = [
    'Bars: one standard error, under thermal speckle where it is known. Open: not converged, or at a bound. What is cut off by a frame goes on.',
    ...(left === 0 ? [] : [`${left} of ${jobs.length} jobs have no result and are not shown.`]),
  ];
  const common = { title: batch, notes, origin: `${finished.length} fits`, version };
  const figures: BatchFigure[] = [];
  if (rings.length > 1) {
    const trend: Trend = {
      ...common,
      subtitle: 'parameters against wavevector, one colour per file',
      x: { label: 'q (Å⁻¹)', kind: 'log' },
      groups: files.map((path) => path.split(/[/\\]/).at(-1)!),
      panels: panelsOf(finished, (job) => ({ x: job.result.q, group: groups.get(job.path)! })),
    };
    figures.push({ name: 'parameters-by-q', svg: drawTrend(trend) });
  }
  if (new Set(finished.map(({ path }) => path)).size > 1) {
    const trend: Trend = {
      ...common,
      subtitle: 'parameters in the order of the files, one colour per wavevector',
      x: { label: 'file number', kind: 'count' },
      groups: rings.map((q) => `q = ${q} Å⁻¹`),
      panels: panelsOf(finished, (job) => ({
        x: groups.get(job.path)! + 1,
        group: rings.indexOf(ringOf(job.result.q)),
      })),
    };
    figures.push({ name: 'parameters-by-file', svg: drawTrend(trend) });
  }
  for (const name of new Set(finished.flatMap(({ meta }) => Object.keys(meta ?? {})))) {
    const told = finished.filter(({ meta }) => meta?.[name] !== undefined);
    if (new Set(told.map(({ meta }) => meta![name])).size < 2) continue;
    const trend: Trend = {
      ...common,
      subtitle: `parameters against ${name}, as the manifest says it, one colour per wavevector`,
      x: { label: name, kind: 'linear' },
      groups: rings.map((q) => `q = ${q} Å⁻¹`),
      panels: panelsOf(told, (job) => ({ x: job.meta![name]!, group: rings.indexOf(ringOf(job.result.q)) })),
    };
    figures.push({ name: `parameters-by-${name}`, svg: drawTrend(trend) });
  }
  return figures;
}

/** Rings of different files count as one to four digits. */
function ringOf(q: number): number {
  return Number(q.toPrecision(4));
}

function panelsOf(jobs: readonly Finished[], place: (job: Finished) => Pick<TrendPoint, 'x' | 'group'>): TrendPanel[] {
  const places = new Map(jobs.map((job) => [job.name, place(job)]));
  const names = [...new Set(jobs.flatMap(({ result }) => Object.keys(result.parameters)))];
  const varied = names.filter((name) => jobs.some(({ result }) => result.parameters[name]?.vary === true));
  const panels = varied.map((name): TrendPanel => {
    const unit = jobs.find(({ result }) => result.parameters[name] !== undefined)?.result.parameters[name]?.unit ?? '';
    const points = jobs.flatMap((job): TrendPoint[] => {
      const one = job.result.parameters[name];
      if (one?.value === undefined || one.value === null) return [];
      const error = job.result.shownErrors === 'speckle' ? one.speckle : one.independent;
      const doubtful = job.result.fit !== 'converged' || one.atBound !== null;
      return [{ ...places.get(job.name)!, y: one.value, error, doubtful }];
    });
    return { label: `${PARAMETER_SYMBOLS[name] ?? name}${unit === '' ? '' : ` (${symbolOf(unit)})`}`, points };
  });
  const contrast = jobs.flatMap((job): TrendPoint[] => {
    if (job.result.contrast === null) return [];
    const doubtful = job.result.fit !== 'converged';
    return [{ ...places.get(job.name)!, y: job.result.contrast, error: null, doubtful }];
  });
  const relaxation = jobs.flatMap((job): TrendPoint[] => {
    if (job.result.relaxation === null) return [];
    const { time, error } = job.result.relaxation;
    return [{ ...places.get(job.name)!, y: time, error, doubtful: job.result.fit !== 'converged' }];
  });
  // Where the axis is not that of q, and linear, the guide is left out.
  const times = { label: 'τ (s)', points: relaxation, guide: { exponent: -2, label: 'dashed: slope −2' } };
  return [times, ...panels, { label: 'mean contrast', points: contrast }].filter(({ points }) => points.length > 0);
}

function symbolOf(unit: string): string {
  return unit.replaceAll('Angstrom', 'Å').replaceAll('^2', '²');
}
