/** Sweep jobs as plain data: what each consists of, and all their numbers in one array. */
import type { SweepJob } from '../../kernels/executor.ts';
import type { Sensitivities } from '../../model/two-time-model.ts';

/** What a job consists of; its numbers follow each other in the order written by `packJobs`. */
export interface JobHead {
  readonly kind: SweepJob['kind'];
  readonly pairFunction: SweepJob['physics']['pairFunction'];
  readonly kappa: number;
  readonly sheared: boolean;
  /** How many vectors of each kind; null without sensitivities. */
  readonly sensitivities: { readonly c: number; readonly g: number; readonly h: number } | null;
}

export interface PackedJobs {
  readonly heads: readonly JobHead[];
  readonly numbers: Float64Array;
}

export function packJobs(jobs: readonly SweepJob[]): PackedJobs {
  const parts = jobs.flatMap(({ physics, scaling, sensitivities }) => [
    ...[physics.c, physics.g ?? new Float64Array(0), physics.h, scaling.contrast, scaling.offset, scaling.weight],
    ...vectorsOf(sensitivities),
  ]);
  const numbers = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    numbers.set(part, at);
    at += part.length;
  }
  return { heads: jobs.map(headOf), numbers };
}

function headOf({ kind, physics, sensitivities }: SweepJob): JobHead {
  const { pairFunction, kappa, g } = physics;
  const counts =
    sensitivities === null ? null : { c: sensitivities.c.length, g: sensitivities.g.length, h: sensitivities.h.length };
  return { kind, pairFunction, kappa, sheared: g !== null, sensitivities: counts };
}

function vectorsOf(sensitivities: Sensitivities | null): Float64Array[] {
  if (sensitivities === null) return [];
  return [...sensitivities.c, ...sensitivities.g, ...sensitivities.h].map(({ vector }) => vector);
}

/** The jobs for N frames and P angles; parameters have lost their names, which no kernel reads. */
export function unpackJobs({ heads, numbers }: PackedJobs, frames: number, angles: number): SweepJob[] {
  let at = 0;
  const take = (length: number): Float64Array => numbers.slice(at, (at += length));
  return heads.map(({ kind, pairFunction, kappa, sheared, sensitivities }) => {
    const physics = { pairFunction, kappa, c: take(frames), g: sheared ? take(frames) : null, h: take(angles) };
    const scaling = { contrast: take(angles), offset: take(angles), weight: take(angles) };
    const vectors = (count: number, length: number): Sensitivities['c'] =>
      Array.from({ length: count }, () => ({ parameter: '', vector: take(length) }));
    const taken =
      sensitivities === null
        ? null
        : {
            c: vectors(sensitivities.c, frames),
            g: vectors(sensitivities.g, frames),
            h: vectors(sensitivities.h, angles),
          };
    return { kind, physics, scaling, sensitivities: taken };
  });
}
