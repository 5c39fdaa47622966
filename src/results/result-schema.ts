/** The shape of `result.json` as a zod schema: what tests and readers check, and what the published JSON Schema is made from. */
import { z } from 'zod';
import { posteriorSchema } from './posterior-schema.ts';
import { profilesSchema } from './profile-schema.ts';
import { RESULT_SCHEMA } from './result-record.ts';
import type { ResultRecord } from './result-record.ts';

const count = z.int().nonnegative();
const numberOrNull = z.number().nullable();
const reason = z.string().nullable().describe('Why a number beside it is null; null when nothing is missing.');

const uncertainty = z
  .strictObject({
    speckle: numberOrNull.describe(
      'Standard error under thermal speckle with the fitted correlation and photon noise: the one to use.',
    ),
    independent: numberOrNull.describe(
      'Standard error as if all points were independent: too small for real speckle data, by factors of 2 to 20.',
    ),
    dyadic: numberOrNull.describe('Standard error from the scores of blocks of frames, without a model of the noise.'),
    reason,
    nearDegenerate: z
      .boolean()
      .describe('The error is known, but owes much to a direction along which it is only roughly that of a quadratic.'),
  })
  .describe('Standard errors in the unit of the value; null where one is not known.');

const estimate = z.strictObject({ value: numberOrNull, error: numberOrNull });

const angleNoise = z.strictObject({
  phi: z.number().describe('Degrees.'),
  speckles: estimate.describe('Effective number of independent speckles M; null: no speckle is seen in the noise.'),
  sigma: estimate.describe('The white part of the noise of c2: photon counting.'),
  crossed: estimate.describe('1/(M·photons), from what photon noise and speckle make together.'),
  correlationTimes: numberOrNull.describe('Correlation times in the window.'),
  effectivePoints: numberOrNull.describe('Independent numbers that would say as much about the size of the noise.'),
  correlation: z
    .strictObject({ steps: z.array(count), lag: z.array(numberOrNull), age: z.array(numberOrNull) })
    .describe('Correlation coefficients of residuals some frames apart, along lag and along age.'),
});

const quantity = z.strictObject({ value: z.number(), unit: z.string() });

const parameter = z.strictObject({
  value: numberOrNull.describe('Null only when the fit failed before it had a value.'),
  unit: z.string().describe('Empty for pure numbers.'),
  vary: z.boolean(),
  tie: z.string().nullable().describe('Name of the parameter this one always equals.'),
  start: numberOrNull.describe('Start value given by the user; null: found from the data.'),
  bounds: z.tuple([numberOrNull, numberOrNull]).describe('Lower and upper; null: none.'),
  atBound: z.enum(['lower', 'upper']).nullable(),
  uncertainty,
});

const scalingValue = z.strictObject({ value: numberOrNull, uncertainty });

/** Validates a record; the type makes it the same shape as `ResultRecord`. */
export const resultSchema: z.ZodType<ResultRecord> = z
  .strictObject({
    schema: z.literal(RESULT_SCHEMA),
    status: z.enum(['converged', 'stalled', 'max-iterations', 'cancelled', 'failed']),
    model: z.enum(['static', 'laminar_flow']),
    convention: z.enum(['published', 'homodyne2']),
    data: z.strictObject({
      file: z.string().describe('As the user named it.'),
      layout: z.string(),
      contentHash: z.string().describe('sha256 of the arrays used, hex.'),
    }),
    q: quantity.describe('Wavevector of the ring that was fitted.'),
    gap: quantity.nullable().describe('Rotor–stator gap; null in static mode.'),
    parameters: z.record(z.string(), parameter),
    scaling: z.strictObject({
      mode: z.enum(['per-angle', 'shared', 'fixed', 'fourier']),
      angles: z.array(
        z.strictObject({ phi: z.number().describe('Degrees.'), contrast: scalingValue, offset: scalingValue }),
      ),
    }),
    support: z.strictObject({
      points: count.describe('Pairs i < j that were fitted, all angles together.'),
      angles: count,
      frameCount: count.describe('Frames of the support.'),
      frames: z
        .tuple([z.int(), z.int()])
        .describe('First and last frame of the support as the file counts them, from 1.'),
      dt: quantity.describe('Time between frames.'),
      t0: quantity.describe('Time of the first frame of the window.'),
      excluded: z
        .strictObject({
          nan: count.describe('Non-finite pairs inside the support.'),
          framesOutsideWindow: count,
          framesExcluded: count,
          frameAtTimeZero: count,
          angles: count,
          otherQ: count.describe('Matrices of other q rings.'),
        })
        .describe('What the file holds and the fit does not use.'),
    }),
    cost: z.strictObject({
      chi2: numberOrNull,
      reducedChi2: numberOrNull,
      rms: numberOrNull.describe('Root mean square of the residuals of c2.'),
      r2: numberOrNull,
      degreesOfFreedom: z.int(),
      chi2PerPoint: z.array(numberOrNull).describe('χ² of each angle divided by its points.'),
      reason,
      noise: z.strictObject({
        source: z.string().describe('Where σ came from, in words.'),
        absolute: z.boolean().describe('False: σ is only a relative weight between angles.'),
        sigma: z.array(numberOrNull).describe('Per angle.'),
      }),
    }),
    noise: z
      .strictObject({
        angles: z.array(angleNoise),
        shared: z.boolean().describe('All angles have one number of speckles.'),
        misfit: numberOrNull.describe(
          'How badly speckle and photon noise describe the residuals on all scales, in standard errors.',
        ),
        byLag: z
          .strictObject({
            lags: z.array(z.number()).describe('s, ascending; between them ln sigma is a straight line in ln lag.'),
            sigma: z.array(z.array(z.number())).describe('At these lags, one list per angle.'),
            pooled: z.boolean().describe('All angles have one course, each with its own size.'),
          })
          .nullable()
          .describe('σ of c2 by lag, from the residuals of the fit without weights; null without weights by lag.'),
        reason,
      })
      .describe('The noise of c2 as the residuals show it.'),
    weights: z
      .strictObject({
        asked: z.enum(['none', 'lag', 'speckle']),
        used: z.enum(['none', 'lag', 'speckle']),
        reason: z.string().nullable().describe('Why those asked for were not used; null when they were.'),
      })
      .describe('Weights of the pairs beyond those of the angles.'),
    shownErrors: z
      .enum(['speckle', 'independent'])
      .describe('The kind of standard error that tables, figures and words of this run use.'),
    profiles: profilesSchema,
    posterior: posteriorSchema,
    solver: z.strictObject({
      reason: z.string().describe('Which stopping rule held, or why the fit failed.'),
      iterations: count,
      fullSweeps: count.describe('Passes over all data, trial steps included.'),
      starts: count,
      startsAtBest: count,
      startCosts: z
        .array(z.strictObject({ level: z.enum(['coarse', 'full']), cost: numberOrNull }))
        .describe('Best first.'),
    }),
    identifiability: z.strictObject({
      condition: numberOrNull.describe('Condition number of the scaled information matrix.'),
      weakest: z
        .array(z.strictObject({ direction: z.record(z.string(), z.number()), text: z.string() }))
        .describe('Weakest first.'),
    }),
    timings: z
      .object({
        readSeconds: z.number(),
        fitSeconds: z.number(),
        totalSeconds: z.number().describe('From the start of the command until this record was made.'),
      })
      .catchall(z.number()),
    resources: z.strictObject({
      peakMegabytes: z
        .number()
        .describe('Largest resident memory of the process until this record was made, 1e6 bytes.'),
    }),
    digest: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe(
        'sha256 of parameters, covariance, scaling and χ²: equal where the numerical result is equal to the bit.',
      ),
    warnings: z.array(z.strictObject({ code: z.string(), text: z.string() })),
    versions: z.record(z.string(), z.string()),
  })
  .describe('Result of a twotime fit. Numbers that are not known are null, with a reason beside them.');

/** The published JSON Schema (draft 2020-12). */
export function resultJsonSchema(): object {
  return { ...z.toJSONSchema(resultSchema), title: 'twotime result' };
}
