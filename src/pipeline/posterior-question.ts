/** What is asked of a posterior, from what a fit answered and the configuration says. */
import { fitAdjustment, type PosteriorOrigin, type PosteriorProblem, type SampleOptions } from '../bayes/index.ts';
import type { Config } from '../config/index.ts';
import type { FitOutcome, FitProblem } from '../nlsq/index.ts';
import { priorsOf, sampleOptions } from './requests.ts';

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
