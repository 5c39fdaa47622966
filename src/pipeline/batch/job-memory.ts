/** What a job takes, before its data are read: memory and time. */
import { pairsOf } from '../../kernels/index.ts';
import type { JobRecord } from '../../results/index.ts';

/** Coarse levels and records of sweeps, as a share of the data and at least. */
const WORKING_SHARE = 0.4;
const LEAST_WORKING = 24e6;

/** Points of a job at most: all angles, all frames. */
export function pointsOfJob({ frames, angles }: Pick<JobRecord, 'frames' | 'angles'>): number {
  return angles * pairsOf(frames);
}

/** Memory of a job from its loading until it is written, bytes; data above `limit` lie in a file. */
export function bytesOfJob(job: Pick<JobRecord, 'frames' | 'angles' | 'size'>, limit: number): number {
  // Of a file that was not opened yet: half of its matrices, which may be compressed.
  const data = job.frames === 0 ? (job.size ?? 0) : pointsOfJob(job) * Float32Array.BYTES_PER_ELEMENT;
  return (data > limit ? limit / 4 : data) * (1 + WORKING_SHARE) + LEAST_WORKING;
}

/** Seconds per point of a whole fit and what comes on top, where no fit of the batch says more: measured on one core. */
const USUAL_PER_POINT = 2e-6;
const USUAL_MORE = 0.8;

/**
 * Seconds the jobs take one after the other, from the median of those of the batch that have ended, if any has. Fits
 * differ by factors.
 */
export function estimateSeconds(
  todo: readonly JobRecord[],
  all: readonly JobRecord[],
): { readonly seconds: number; readonly basis: string } {
  const measured = all.flatMap(({ seconds, result }) => {
    if (seconds === null || result === null || result.points === 0) return [];
    return [(seconds.load + seconds.fit + seconds.write) / result.points];
  });
  const points = todo.reduce((sum, job) => sum + pointsOfJob(job), 0);
  if (measured.length === 0) {
    return {
      seconds: points * USUAL_PER_POINT + todo.length * USUAL_MORE,
      basis: 'from usual fits; they differ by factors',
    };
  }
  const sorted = measured.toSorted((a, b) => a - b);
  return {
    seconds: points * sorted[Math.floor(sorted.length / 2)]!,
    basis: `from the ${measured.length} fits of this batch that have ended`,
  };
}
