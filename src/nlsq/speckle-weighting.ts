/** `weights: speckle`: take the best minimum of the ordinary fit to that of generalised least squares. */
import { refineWeighted, weightedMeat, whyNotWeighted, type SpeckleNoise } from './gls/index.ts';
import type { FittedNoise } from './outcome.ts';
import type { Weigher } from './weighting.ts';

/** Iterations with each set of weights. */
const MOST_ITERATIONS = 30;

export const weightBySpeckle: Weigher = async ({ objective, minimum, estimates, problem }, context) => {
  const threads = problem.tasks ?? null;
  const noise = noiseOf(estimates.noise);
  const why = whyNotWeighted(objective, minimum.point, noise);
  if (why !== null) return { why, sweeps: 0 };
  const options = { maxIterations: MOST_ITERATIONS, record: () => {} };
  const weighted = await refineWeighted(objective, minimum.point, noise, options, threads, context);
  const { refined, sweeps, settled, rounds, weights } = weighted;
  if (refined.status === 'converged' && !settled)
    return { why: `the weights did not settle in ${rounds} rounds`, sweeps };
  return {
    ...{ objective: weighted.objective, refined, noise: estimates.noise, weighsSquares: false },
    ...{ sweeps, sweepsOfErrors: 1 },
    meat: () => weightedMeat(weighted.objective, refined.point, weights, noise, threads, context),
  };
};

/** The amplitudes of the noise; NaN where they are not known. No speckle seen is 0. */
function noiseOf({ angles }: FittedNoise): SpeckleNoise {
  return {
    speckle: Float64Array.from(angles, ({ speckles }) => (speckles.value === null ? 0 : 1 / speckles.value)),
    crossed: Float64Array.from(angles, ({ crossed }) => crossed.value ?? NaN),
    white: Float64Array.from(angles, ({ sigma }) => (sigma.value === null ? NaN : sigma.value ** 2)),
  };
}
