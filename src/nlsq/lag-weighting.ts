/**
 * `weights: lag`: refine the best minimum of the ordinary fit with weights 1/σ²(lag), σ from its residuals, errors included.
 *
 * Weights follow from the ordinary fit alone and are not renewed. Between angles they stay as they were: the mean weight of an
 * angle is 1. Where the residuals do not show how σ depends on lag the ordinary answer stays.
 */
import { lagAxis, lagMeat, lagSquares, lagSweeps, lagVariance, lagWeights } from './lag/index.ts';
import { linearise } from './objective.ts';
import type { FittedNoise } from './outcome.ts';
import { EXACTLY, refine } from './trust-region.ts';
import type { Weigher } from './weighting.ts';

const MOST_ITERATIONS = 30;

export const weightByLag: Weigher = async ({ objective, minimum, estimates, problem }, context) => {
  const effective = effectivePoints(estimates.noise);
  if (effective === null) return { why: 'the noise of the data is not known', sweeps: 0 };
  const { sweeps } = objective.level;
  const threads = problem.tasks ?? null;
  const { point: ordinary } = minimum;
  const { grid } = problem.model;
  const physics = problem.model.physics(ordinary.values);
  const squares = await lagSquares(physics, sweeps.data, ordinary.best, lagAxis(grid), context);
  const found = lagVariance(squares, effective);
  if (typeof found === 'string') return { why: found, sweeps: 1 };
  const weights = lagWeights(found.variance, squares);
  const weighted = { ...objective, level: { ...objective.level, sweeps: lagSweeps(sweeps, weights, threads) } };
  const from = await linearise(weighted, ordinary.theta, ordinary.best, context);
  const refined = await refine(
    weighted,
    from,
    { ...EXACTLY, maxIterations: MOST_ITERATIONS, record: () => {} },
    context,
  );
  const noise: FittedNoise = { ...estimates.noise, byLag: found.noise };
  const amplitudes = noise.angles.map(({ speckles, crossed }) => ({
    speckle: speckles.value === null ? 0 : 1 / speckles.value,
    crossed: crossed.value ?? 0,
  }));
  const { variance } = found;
  const question = { objective: weighted, point: refined.point, weights, variance, amplitudes, grid };
  return {
    ...{ objective: weighted, refined, noise, weighsSquares: true },
    sweeps: 1 + weighted.level.sweeps.count,
    // The amplitudes of the errors take two.
    sweepsOfErrors: 3,
    meat: async () =>
      (await lagMeat(question, threads, context)) ?? 'no contrast is between 0 and 1, as that of speckle is',
  };
};

/** Independent numbers among the residuals of each angle; null when that is not known. */
function effectivePoints({ angles }: FittedNoise): number[] | null {
  const known = angles.map(({ effectivePoints: value }) => value ?? NaN);
  return known.every((value) => value > 0) ? known : null;
}
