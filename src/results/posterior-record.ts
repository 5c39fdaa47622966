/** A sampled posterior as `result.json` holds it. */
import { createHash } from 'node:crypto';
import {
  AGREEMENT,
  energyFraction,
  judgePredictive,
  type Chain,
  type ConsensusReport,
  type PosteriorPredictive,
  type PredictiveShares,
  type SampledPosterior,
  type Summary,
  type VerdictLevel,
} from '../bayes/index.ts';
import { formatPrior } from '../config/priors.ts';
import { parameterInfo, type Prior } from '../model/index.ts';

/** What the draws say of one quantity. */
export interface PosteriorQuantityRecord {
  /** Empty for pure numbers. */
  readonly unit: string;
  readonly mean: number | null;
  readonly sd: number | null;
  readonly median: number | null;
  /** Central intervals of 68 % and 95 %. */
  readonly interval68: readonly [lower: number | null, upper: number | null];
  readonly interval95: readonly [lower: number | null, upper: number | null];
  /** Rank-normalised split R̂, effective sizes and Monte Carlo errors of mean and sd; null where there are no chains. */
  readonly rHat: number | null;
  readonly essBulk: number | null;
  readonly essTail: number | null;
  readonly mcseMean: number | null;
  readonly mcseSd: number | null;
}

export interface PosteriorAngleRecord {
  /** Degrees. */
  readonly phi: number;
  /** Null where contrast and offset are held. */
  readonly contrast: PosteriorQuantityRecord | null;
  readonly offset: PosteriorQuantityRecord | null;
  /** Noise of one point of c2. */
  readonly sigma: PosteriorQuantityRecord;
  /** Points of the predictive cuts; null when they were not looked at. */
  readonly predictive: PredictiveShares | null;
}

export interface PosteriorChainRecord {
  readonly draws: number;
  readonly divergences: number;
  /** E-BFMI. */
  readonly energyFraction: number | null;
  readonly stepSize: number;
  /** Mean over the draws. */
  readonly acceptance: number | null;
  readonly leapfrogs: number | null;
  /** Gradients, those of the warmup included. */
  readonly gradients: number;
}

export interface ImportanceRecord {
  readonly accepted: boolean;
  readonly checks: readonly { readonly rule: string; readonly passed: boolean; readonly text: string }[];
}

/** A report whose numbers are null where they are not finite. */
export type ConsensusRecord = Nullable<ConsensusReport>;

type Nullable<T> = T extends number
  ? number | null
  : T extends string | boolean | null
    ? T
    : { readonly [K in keyof T]: Nullable<T[K]> };

export interface PosteriorRecord {
  readonly method: SampledPosterior['method'];
  /** `adjusted`: the width of the speckle errors. `independent`: as if all points were independent, too narrow. */
  readonly likelihood: 'adjusted' | 'independent';
  /** Whether the numbers may be reported, the quantity that agrees least, and what to try. */
  readonly verdict: {
    readonly level: VerdictLevel;
    readonly worst: string | null;
    readonly findings: readonly { readonly level: VerdictLevel; readonly text: string }[];
  };
  /** Whether the chains agree (R̂ and effective sizes as asked), or importance sampling may stand. */
  readonly converged: boolean;
  /** Why the chains ended; null without chains. */
  readonly stoppedBy: 'until' | 'draws' | 'time' | 'signal' | null;
  readonly parameters: Readonly<Record<string, PosteriorQuantityRecord>>;
  readonly angles: readonly PosteriorAngleRecord[];
  /** Priors of the free parameters as the configuration writes them. */
  readonly priors: Readonly<Record<string, string>>;
  /** Transitions per chain that adapted and were not kept; null without chains. */
  readonly warmup: number | null;
  readonly chains: readonly PosteriorChainRecord[];
  readonly importance: ImportanceRecord | null;
  /** Shards of consensus Monte Carlo, their combination and agreement; null for other methods. */
  readonly consensus: ConsensusRecord | null;
  /** Wall time of sampling in this process, s. */
  readonly seconds: number;
  /** sha256 of all draws, hex: equal where they are equal to the bit. */
  readonly digest: string;
}

export interface PosteriorInput {
  readonly sampled: SampledPosterior;
  readonly likelihood: PosteriorRecord['likelihood'];
  readonly priors: Readonly<Record<string, Prior>>;
  readonly predictive: PosteriorPredictive | null;
  /** Degrees, in the order of the data. */
  readonly phi: ArrayLike<number>;
  readonly seconds: number;
}

/** The record of a sampled posterior. Pure; numbers that are not finite become null. */
export function posteriorRecord(input: PosteriorInput): PosteriorRecord {
  const { sampled, likelihood, priors, predictive, phi, seconds } = input;
  const byName = new Map(sampled.summaries.map((summary) => [summary.name, summary]));
  const { free } = sampled.posterior;
  const scaling = (name: string): PosteriorQuantityRecord | null => {
    const summary = byName.get(name);
    return summary === undefined ? null : quantityRecord(summary, '');
  };
  return {
    method: sampled.method,
    likelihood,
    verdict: predictive === null ? sampled.verdict : judgePredictive(sampled.verdict, predictive),
    converged: isConverged(sampled),
    stoppedBy: sampled.chains?.stoppedBy ?? null,
    parameters: Object.fromEntries(
      free.moving.map((name) => [name, quantityRecord(byName.get(name)!, parameterInfo(name).unit)]),
    ),
    angles: Array.from(phi, (degrees, a) => ({
      phi: degrees,
      contrast: scaling(`contrast[${a}]`),
      offset: scaling(`offset[${a}]`),
      sigma: quantityRecord(byName.get(`sigma[${a}]`)!, ''),
      predictive: predictive?.angles[a] ?? null,
    })),
    priors: Object.fromEntries(
      free.names.map((name) => [name, formatPrior(priors[name]!, parameterInfo(name).dimension)]),
    ),
    warmup: sampled.chains === null ? null : sampled.settings.warmup,
    chains: (sampled.chains?.chains ?? []).map(chainRecord),
    importance:
      sampled.importance === null
        ? null
        : {
            accepted: sampled.importance.verdict.accepted,
            checks: sampled.importance.verdict.checks.map(({ rule, passed, text }) => ({ rule, passed, text })),
          },
    consensus: sampled.consensus ? (nullable(sampled.consensus) as ConsensusRecord) : null,
    seconds,
    digest: digestDraws(sampled),
  };
}

function isConverged({ chains, summaries, posterior, importance }: SampledPosterior): boolean {
  if (chains === null) return importance?.verdict.accepted ?? false;
  if (chains.stoppedBy === 'until') return true;
  return summaries.slice(0, posterior.free.moving.length).every(({ chains: found }) => {
    const { rHat, effectiveSize } = AGREEMENT;
    return found!.rHat < rHat && found!.essBulk > effectiveSize && found!.essTail > effectiveSize;
  });
}

function quantityRecord({ mean, sd, quantiles, chains }: Summary, unit: string): PosteriorQuantityRecord {
  const [low95, low68, median, high68, high95] = quantiles.map(finiteOrNull);
  return {
    unit,
    mean: finiteOrNull(mean),
    sd: finiteOrNull(sd),
    median: median!,
    interval68: [low68!, high68!],
    interval95: [low95!, high95!],
    rHat: finiteOrNull(chains?.rHat),
    essBulk: finiteOrNull(chains?.essBulk),
    essTail: finiteOrNull(chains?.essTail),
    mcseMean: finiteOrNull(chains?.mcseMean),
    mcseSd: finiteOrNull(chains?.mcseSd),
  };
}

function chainRecord({ draws, divergences, state, gradients }: Chain): PosteriorChainRecord {
  const mean = (of: (draw: Chain['draws'][number]) => number): number | null =>
    finiteOrNull(draws.reduce((sum, draw) => sum + of(draw), 0) / draws.length);
  return {
    draws: draws.length,
    divergences: divergences.filter(({ draw, outside }) => draw >= 0 && !outside).length,
    energyFraction: finiteOrNull(energyFraction(draws.map(({ energy }) => energy))),
    stepSize: state.stepSize,
    acceptance: mean(({ acceptance }) => acceptance),
    leapfrogs: mean(({ leapfrogs }) => leapfrogs),
    gradients,
  };
}

/** sha256 of the draws of every quantity, as little-endian float64. */
function digestDraws({ quantities }: SampledPosterior): string {
  const hash = createHash('sha256').update('twotime/draws@1\n');
  for (const { name, draws } of quantities) {
    hash.update(`${name} ${draws.length}\n`);
    for (const chain of draws) {
      const view = new DataView(new ArrayBuffer(chain.length * 8));
      for (let k = 0; k < chain.length; k++) view.setFloat64(8 * k, chain[k]!, true);
      hash.update(new Uint8Array(view.buffer));
    }
  }
  return hash.digest('hex');
}

/** Plain data with null in place of numbers that are not finite. */
function nullable(value: unknown): unknown {
  if (typeof value === 'number') return finiteOrNull(value);
  if (Array.isArray(value)) return value.map(nullable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, nullable(one)]));
}

function finiteOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
