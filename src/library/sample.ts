/** Sample the posterior of a fit. */
import { sampleTwoTime, type SampledPosterior, type SampleOptions } from '../bayes/index.ts';
import type { Config } from '../config/index.ts';
import { posteriorQuestion } from '../pipeline/posterior-question.ts';
import { checkSampling } from '../pipeline/sample-fit.ts';
import type { FittedDataset } from './fit.ts';
import type { CallOptions } from './read-dataset.ts';

/** What is not given is that of the section `sample` of the settings. */
export interface SamplingOptions extends CallOptions {
  readonly seed?: number | undefined;
  /** `auto`: importance sampling if its answer may stand, else chains. */
  readonly method?: 'auto' | 'psis' | 'nuts' | undefined;
  /** `adjusted`: as wide as the speckle covariance of the fit; `independent`: as if all points were. */
  readonly likelihood?: Config['sample']['likelihood'] | undefined;
  readonly chains?: number | undefined;
  /** Steps per chain. Default: few where the mode says how to step, else many. */
  readonly warmup?: number | undefined;
  /** Per chain. */
  readonly draws?: number | undefined;
  /** Chains end after so many seconds with what they have. */
  readonly maxSeconds?: number | undefined;
}

/**
 * Sample the posterior from what `fit` returned, before that is disposed of. Answers with draws and summaries of parameters,
 * contrast and offset and with a verdict on whether they may be reported. Throws `InputRefused` where there is no posterior.
 */
export async function sample(fitted: FittedDataset, options: SamplingOptions = {}): Promise<SampledPosterior> {
  const { problem: fit, outcome } = fitted;
  const { signal, progress, likelihood = fitted.config.sample.likelihood, ...own } = options;
  const config = { ...fitted.config, sample: { ...fitted.config.sample, likelihood } };
  checkSampling(config);
  const question = posteriorQuestion(fit, outcome, config);
  const given: Partial<SampleOptions> = Object.fromEntries(
    Object.entries(own).filter(([, value]) => value !== undefined),
  );
  return sampleTwoTime(question.problem, question.origin, { ...question.options, ...given }, { signal, progress });
}
