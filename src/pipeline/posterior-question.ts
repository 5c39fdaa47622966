/** What is asked of a posterior, from what a fit answered and the configuration says. */
import {
  AGREEMENT,
  fitAdjustment,
  type PosteriorOrigin,
  type PosteriorProblem,
  type SampleOptions,
} from '../bayes/index.ts';
import type { Config } from '../config/index.ts';
import type { FitOutcome, FitProblem } from '../nlsq/index.ts';
import type { Prior } from '../model/index.ts';

export interface PosteriorQuestion {
  readonly problem: PosteriorProblem;
  readonly origin: PosteriorOrigin;
  readonly options: SampleOptions;
}

/** Throws `InputRefused` when the likelihood is to be adjusted and the fit has no speckle error of a free parameter. */
export function posteriorQuestion(problem: FitProblem, outcome: FitOutcome, config: Config): PosteriorQuestion {
  const { parameters, scaling } = outcome;
  const adjustment = config.sample.likelihood === 'adjusted' ? fitAdjustment(outcome) : undefined;
  return {
    problem: { ...problem, sigma: problem.noise.sigma, priors: priorsOf(config) },
    origin: {
      values: Object.fromEntries(parameters.map(({ name, value }) => [name, value])),
      contrast: Float64Array.from(scaling, ({ contrast }) => contrast.value),
      offset: Float64Array.from(scaling, ({ offset }) => offset.value),
    },
    options: { ...sampleOptions(config), adjustment },
  };
}

export function priorsOf({ parameters }: Config): Readonly<Record<string, Prior>> {
  return Object.fromEntries(Object.entries(parameters).map(([name, { prior }]) => [name, prior]));
}

/** Draws per chain at most while chains are to agree, by default and when an effective size is asked for. */
const MOST_DRAWS = 1000;
const MOST_DRAWS_UNTIL = 10_000;

export function sampleOptions({ sample, seed }: Config): SampleOptions {
  const { method, chains, warmup, draws, until, maxTime } = sample;
  const agreement =
    typeof until === 'number'
      ? { ...AGREEMENT, effectiveSize: until }
      : until === 'auto' && draws === 'auto'
        ? AGREEMENT
        : null;
  return {
    ...{ seed, method: method === 'cmc' ? undefined : method, chains, until: agreement },
    warmup: warmup === 'auto' ? undefined : warmup,
    draws: draws === 'auto' ? (typeof until === 'number' ? MOST_DRAWS_UNTIL : MOST_DRAWS) : draws,
    maxSeconds: maxTime ?? undefined,
  };
}
