/**
 * Importance sampling around the mode, with Pareto-smoothed weights and the rules by which its answer may stand.
 *
 * As many draws come from a normal as from a Student-t7 proposal. Each kind with its own weights answers for itself; the
 * posterior is taken from all draws together, weighted as draws of the even mixture (Veach & Guibas 1995; Owen & Zhou,
 * JASA 95, 135, 2000), whose weights are bounded where either proposal covers the posterior.
 */
import { mapBounded } from '../../base/map-bounded.ts';
import { exp, fold, log1p } from '../../math/index.ts';
import { smoothWeights, type SmoothedWeights } from '../diagnostics/index.ts';
import type { LogValue } from '../log-density.ts';
import { streamKey } from '../streams.ts';
import { proposalDraw, proposalLogDensities, type Frame, type ProposalKind } from './proposal.ts';

export interface ImportanceOptions {
  readonly seed: number;
  /** Draws per proposal. */
  readonly draws?: number | undefined;
  /** Values asked for at the same time. */
  readonly atOnce?: number | undefined;
}

/** Draws with weights, in the coordinates of the density. */
export interface WeightedDraws extends SmoothedWeights {
  readonly positions: readonly Float64Array[];
  readonly mean: Float64Array;
  readonly sd: Float64Array;
}

export interface ImportanceSample {
  /** All draws, the normal ones first. */
  readonly mixture: WeightedDraws;
  readonly normal: WeightedDraws;
  readonly student: WeightedDraws;
  /** ln density of each draw of the mixture, and what the density kept aside. */
  readonly logDensity: Float64Array;
  readonly asides: readonly (readonly number[] | null)[];
  /** Draws whose density was not a number; they count as 0. */
  readonly failed: number;
}

/** Draws per proposal (statistics: 2000 of each). */
const DRAWS = 2000;

/** Draw from both proposals around `frame` and weigh. The same seed gives the same draws for any `atOnce`. */
export async function importanceSample(
  logValue: LogValue,
  frame: Frame,
  { seed, draws = DRAWS, atOnce = 32 }: ImportanceOptions,
): Promise<ImportanceSample> {
  const kinds: readonly ProposalKind[] = ['normal', 'student'];
  const positions = kinds.flatMap((kind, k) => {
    const key = fold(streamKey(seed, 'proposals'), k);
    return Array.from({ length: draws }, (_, n) => proposalDraw(kind, frame, fold(key, n)));
  });
  const values = await mapBounded(positions, atOnce, (position) => logValue(position));
  const failed = values.filter(({ value }) => Number.isNaN(value) || value === Infinity).length;
  const logDensity = Float64Array.from(values, ({ value }) =>
    Number.isNaN(value) || value === Infinity ? -Infinity : value,
  );
  const proposals = positions.map((position) => proposalLogDensities(frame, position));
  const weighted = (from: number, to: number, logProposal: (n: number) => number): WeightedDraws => {
    const chosen = positions.slice(from, to);
    return weigh(
      chosen,
      Float64Array.from(chosen, (_, n) => logDensity[from + n]! - logProposal(from + n)),
    );
  };
  return {
    mixture: weighted(0, 2 * draws, (n) => logMean(proposals[n]!.normal, proposals[n]!.student)),
    normal: weighted(0, draws, (n) => proposals[n]!.normal),
    student: weighted(draws, 2 * draws, (n) => proposals[n]!.student),
    logDensity,
    asides: values.map(({ aside }) => aside ?? null),
    failed,
  };
}

function logMean(a: number, b: number): number {
  const [low, high] = a < b ? [a, b] : [b, a];
  return high + log1p(exp(low - high)) - Math.LN2;
}

/** Smooth the weights and take the moments. */
function weigh(positions: readonly Float64Array[], logRatios: Float64Array): WeightedDraws {
  const size = positions[0]?.length ?? 0;
  if (logRatios.every((ratio) => ratio === -Infinity)) {
    const unknown = new Float64Array(size).fill(NaN);
    return { positions, logWeights: logRatios, kHat: Infinity, effectiveSize: 0, mean: unknown, sd: unknown };
  }
  const smoothed = smoothWeights(logRatios);
  const mean = new Float64Array(size);
  const squares = new Float64Array(size);
  const weights = smoothed.logWeights.map((logWeight) => exp(logWeight));
  positions.forEach((position, n) => position.forEach((value, i) => (mean[i] = mean[i]! + weights[n]! * value)));
  positions.forEach((position, n) =>
    position.forEach((value, i) => (squares[i] = squares[i]! + weights[n]! * square(value - mean[i]!))),
  );
  return { ...smoothed, positions, mean, sd: squares.map((value) => Math.sqrt(value)) };
}

/** Engines need not agree on the bits of powers. */
function square(x: number): number {
  return x * x;
}

/** One rule, what was found and what is asked for. */
export interface ImportanceCheck {
  readonly rule: 'tail' | 'efficiency' | 'agreement';
  readonly value: number;
  readonly limit: number;
  readonly passed: boolean;
  /** In words, for the log and the report. */
  readonly text: string;
}

export interface ImportanceVerdict {
  readonly accepted: boolean;
  readonly checks: readonly ImportanceCheck[];
}

const LARGEST_K = 0.7;
const LEAST_EFFICIENCY = 0.6;
const LARGEST_SHIFT = 0.15;
const LARGEST_STRETCH = 0.1;

/**
 * Whether the answer may stand as final: k̂ below 0.7, effective size above 0.6 of the draws, and the two proposals agree
 * in every coordinate within 0.15 standard deviations and 10 % of the standard deviation.
 */
export function judgeImportance({ mixture, normal, student, failed }: ImportanceSample): ImportanceVerdict {
  const efficiency = mixture.effectiveSize / mixture.positions.length;
  const shift = worst(normal.mean.map((value, i) => Math.abs(value - student.mean[i]!) / student.sd[i]!));
  const stretch = worst(normal.sd.map((value, i) => Math.abs(value / student.sd[i]! - 1)));
  const apart = Math.max(shift / LARGEST_SHIFT, stretch / LARGEST_STRETCH);
  const checks: ImportanceCheck[] = [
    {
      ...{ rule: 'tail', value: mixture.kHat, limit: LARGEST_K, passed: mixture.kHat < LARGEST_K && failed === 0 },
      text: `Pareto k = ${format(mixture.kHat)} (must be below ${LARGEST_K})`,
    },
    {
      ...{ rule: 'efficiency', value: efficiency, limit: LEAST_EFFICIENCY, passed: efficiency > LEAST_EFFICIENCY },
      text: `effective share of the draws ${format(efficiency)} (must be above ${LEAST_EFFICIENCY})`,
    },
    {
      ...{ rule: 'agreement', value: apart, limit: 1, passed: apart < 1 },
      text:
        `normal and Student proposals differ by ${format(shift)} sd (must be below ${LARGEST_SHIFT}) and ` +
        `${format(100 * stretch)} % in sd (must be below ${100 * LARGEST_STRETCH} %)`,
    },
  ];
  return { accepted: checks.every(({ passed }) => passed), checks };
}

/** The largest; NaN when there is one. */
function worst(values: Float64Array): number {
  return values.reduce((most, value) => (Number.isNaN(value) ? NaN : Math.max(most, value)), 0);
}

function format(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : String(value);
}
