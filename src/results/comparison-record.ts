/** What `twotime compare --json` prints: runs side by side, whether they can be ranked, and the ranking. */
import type { ResultRecord } from './result-record.ts';

export const COMPARISON_SCHEMA = 'twotime/comparison@1';

/** One run as it is compared. */
export interface ComparedRun {
  /** As the user named it. */
  readonly run: string;
  readonly record: ResultRecord;
}

/** How one run did in the cross-validation. */
export interface RankedRun {
  readonly run: string;
  /** Mean of (r/sigma)² of pairs that were not fitted. */
  readonly cost: number;
  /** Cost above that of the best run as a share of it, and its standard error over blocks; 0 for the best run. */
  readonly difference: number;
  readonly error: number;
  /** Whether the difference is more than two standard errors. */
  readonly worse: boolean;
  /** Blocks without which the fit did not converge. */
  readonly unconverged: number;
}

export interface Ranking {
  /** Blocks of frames left out one at a time. */
  readonly blocks: number;
  /** Frames of the smallest and the largest block. */
  readonly framesPerBlock: readonly [smallest: number, largest: number];
  /** What sigma the pairs were weighted with, in words. */
  readonly noise: string;
  /** Best first. */
  readonly runs: readonly RankedRun[];
  /** The one with the fewest unknowns among those that are not worse than the best. */
  readonly preferred: string;
  readonly notes: readonly string[];
}

export interface ComparisonRecord {
  readonly schema: typeof COMPARISON_SCHEMA;
  readonly runs: readonly ComparedRun[];
  /** Null when the runs were not ranked. */
  readonly ranking: Ranking | null;
  /** Why there is no ranking; null when there is one. */
  readonly reason: string | null;
}

/** Free parameters, contrasts and offsets of a fit. */
export function unknownsOf({ support, cost }: ResultRecord): number {
  return support.points - cost.degreesOfFreedom;
}

/** What keeps two fits from having the same support, in words; empty when they have it. */
export function supportDifferences(one: ResultRecord, other: ResultRecord): string[] {
  const phi = ({ scaling }: ResultRecord): string => scaling.angles.map((angle) => angle.phi).join(' ');
  const frames = ({ support }: ResultRecord): string => `${support.frames.join('..')} (${support.frameCount} used)`;
  const differences: string[] = [];
  const differ = (what: string, a: string | number, b: string | number): void => {
    if (a !== b) differences.push(`${what} ${a} and ${b}`);
  };
  differ('angles', phi(one), phi(other));
  differ('frames', frames(one), frames(other));
  differ('dt', one.support.dt.value, other.support.dt.value);
  differ('t0', one.support.t0.value, other.support.t0.value);
  differ('fitted pairs', one.support.points, other.support.points);
  if (differences.length === 0 && one.data.contentHash !== other.data.contentHash) {
    differences.push(`content hash ${one.data.contentHash.slice(0, 12)}… and ${other.data.contentHash.slice(0, 12)}…`);
  }
  return differences;
}
