/** What the noise of a fit says about its errors, where a reader should know it. */
import type { Warning } from '../base/events.ts';
import type { ErrorEstimates } from './errors/estimate-errors.ts';
import type { FitOutcome } from './outcome.ts';

export interface NoiseFindings {
  readonly outcome: Pick<FitOutcome, 'parameters' | 'scaling'>;
  readonly estimates: ErrorEstimates | null;
}

/** Fewer correlation times than this do not tell the number of speckles well. */
const FEW_CORRELATION_TIMES = 20;
/** A dyadic error beyond the speckle error by more than this is telling. */
const TELLING = 2;
/** Residuals this many standard errors from what speckle and photon noise give on all scales are not such noise. */
const MISFIT = 4;

export function noiseWarnings({ outcome, estimates }: NoiseFindings): Warning[] {
  if (estimates === null) return [];
  const { noise, speckle } = estimates;
  const warnings: Warning[] = [];
  if (speckle.covariance === null) {
    warnings.push({
      code: 'speckle-errors-unknown',
      text:
        `errors that know of speckle cannot be given: ${speckle.reason}; the independent errors shown instead are too small ` +
        'for measured speckle, by factors of 2 to 20',
    });
  }
  // Angles whose contrast cannot be that of speckle were given the median of the others.
  const odd = outcome.scaling.filter(({ contrast }) => !(contrast.value > 0 && contrast.value <= 1)).length;
  if (noise.reason === null && odd > 0) {
    warnings.push({
      code: 'speckle-contrast-assumed',
      text:
        `the contrast of ${odd} of ${outcome.scaling.length} angles is not between 0 and 1, as that of speckle is: their noise ` +
        'is taken to have the median contrast of the others',
    });
  }
  const fewest = Math.min(...noise.angles.map(({ correlationTimes }) => correlationTimes));
  if (noise.reason === null && fewest < FEW_CORRELATION_TIMES) {
    warnings.push({
      code: 'few-correlation-times',
      text:
        `the window holds ${Number(fewest.toPrecision(3))} correlation times, fewer than ${FEW_CORRELATION_TIMES}: ` +
        'the number of speckles M cannot be told well, nor errors that rest on it',
    });
  }
  const misfit = noise.misfit ?? 0;
  if (misfit > MISFIT) {
    warnings.push({
      code: 'noise-not-speckle',
      text:
        `residuals are not correlated as thermal speckle and photon noise are (${Number(misfit.toPrecision(2))} standard ` +
        'errors off): the model may miss something, or there is drift, beam motion or non-Gaussian dynamics; errors and the ' +
        'number of speckles M are then not to be trusted',
    });
  }
  const exceeding = outcome.parameters.flatMap(({ name, uncertainty }) => {
    const { speckle: expected, dyadic } = uncertainty;
    if (expected === null || dyadic === null || dyadic < TELLING * expected) return [];
    return [`${name} (${Number((dyadic / expected).toPrecision(2))} times)`];
  });
  if (exceeding.length > 0) {
    warnings.push({
      code: 'dyadic-exceeds-speckle',
      text:
        `the dyadic errors, which assume no speckle model, exceed the speckle errors of ${exceeding.join(', ')}: the ` +
        'residuals are correlated in a way that speckle does not explain, such as drift, beam motion or non-Gaussian dynamics',
    });
  }
  return warnings;
}
