/** What the draws say in the user's terms: parameters, contrast, offset and noise, with their summaries. */
import { fold, mean, quantile } from '../../math/index.ts';
import { essBulk, essTail, mcseMean, mcseSd, rHat, type Chains } from '../diagnostics/index.ts';
import { drawScaling, drawScalingGiven, type ScalingGiven, type TwoTimePosterior } from '../posterior/index.ts';
import { streamKey } from '../streams.ts';

/** A draw as far as it matters here. */
export interface PosteriorDraw {
  readonly position: ArrayLike<number>;
  readonly aside: readonly number[] | null;
}

/** Draws of one quantity, shape (chains, draws). */
export interface Quantity {
  /** A parameter, or `contrast[a]`, `offset[a]`, `sigma[a]` of angle a in the order of the data. */
  readonly name: string;
  readonly draws: Chains;
}

/** Stream of contrast and offset of a draw when the fit's covariance gives them; angles have the smaller numbers. */
const GIVEN = 1_000_000;

/** Free parameters at each draw, in the order of the posterior, each of shape (chains, draws). */
export function parameterDraws(posterior: TwoTimePosterior, chains: readonly (readonly PosteriorDraw[])[]): Quantity[] {
  const { free } = posterior;
  const values = chains.map((draws) =>
    draws.map(({ position }) => free.values(posterior.theta(Float64Array.from(position)))),
  );
  return free.moving.map((name) => ({
    name,
    draws: values.map((draws) => Float64Array.from(draws, (at) => at[name]!)),
  }));
}

/**
 * Contrast, offset and noise of each angle, drawn once for each draw; a pure function of the seed. With `given`, contrast and
 * offset have the covariance of the fit; the noise is that of one point in any case.
 */
export function scalingDraws(
  posterior: TwoTimePosterior,
  points: Float64Array,
  chains: readonly (readonly PosteriorDraw[])[],
  seed: number,
  given: ScalingGiven | null,
): Quantity[] {
  const key = streamKey(seed, 'scaling');
  const drawn = chains.map((draws, chain) =>
    draws.map(({ position, aside }, n) => {
      const own = fold(fold(key, chain), n);
      const drawn = drawScaling(posterior.marginal, points, aside ?? [], own);
      if (given === null) return drawn;
      const pairs = drawScalingGiven(given, posterior.theta(Float64Array.from(position)), fold(own, GIVEN));
      const [contrast, offset] = [0, 1].map((k) => drawn.contrast.map((_, a) => pairs[2 * a + k]!));
      return { ...drawn, contrast: contrast!, offset: offset! };
    }),
  );
  const scaled = posterior.marginal.groups.length > 0;
  const names = scaled ? (['contrast', 'offset', 'sigma'] as const) : (['sigma'] as const);
  return names.flatMap((name) =>
    Array.from(points, (_, a) => ({
      name: `${name}[${a}]`,
      draws: drawn.map((draws) => Float64Array.from(draws, (draw) => draw[name][a]!)),
    })),
  );
}

/** Quantiles of every summary: 95 % and 68 % intervals around the median. */
export const PROBABILITIES = [0.025, 0.16, 0.5, 0.84, 0.975] as const;

export interface Summary {
  readonly name: string;
  readonly mean: number;
  readonly sd: number;
  /** At `PROBABILITIES`. */
  readonly quantiles: readonly number[];
  /** From real chains; null for importance sampling, which has none. */
  readonly chains: null | {
    readonly rHat: number;
    readonly essBulk: number;
    readonly essTail: number;
    readonly mcseMean: number;
    readonly mcseSd: number;
  };
}

/** Summarise draws of equal weight. `fromChains`: whether they are those of real chains. */
export function summarise({ name, draws }: Quantity, fromChains: boolean): Summary {
  const all = draws.flatMap((chain) => Array.from(chain));
  const centre = mean(all);
  const squares = mean(all.map((value) => (value - centre) * (value - centre)));
  return {
    name,
    mean: centre,
    sd: Math.sqrt((squares * all.length) / (all.length - 1)),
    quantiles: PROBABILITIES.map((probability) => quantile(all, probability)),
    chains: fromChains
      ? {
          rHat: rHat(draws),
          essBulk: essBulk(draws),
          essTail: essTail(draws),
          mcseMean: mcseMean(draws),
          mcseSd: mcseSd(draws),
        }
      : null,
  };
}
