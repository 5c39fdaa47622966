/** The shape of the posterior in `result.json`. */
import { z } from 'zod';
import type { PosteriorRecord } from './posterior-record.ts';

const numberOrNull = z.number().nullable();
const interval = z.tuple([numberOrNull, numberOrNull]);
const level = z.enum(['good', 'check', 'do-not-report']);

const quantity = z.strictObject({
  unit: z.string().describe('Empty for pure numbers.'),
  mean: numberOrNull,
  sd: numberOrNull,
  median: numberOrNull,
  interval68: interval.describe('Central interval of 68 %.'),
  interval95: interval.describe('Central interval of 95 %.'),
  rHat: numberOrNull.describe('Rank-normalised split R-hat; null where there are no chains or nothing moves.'),
  essBulk: numberOrNull,
  essTail: numberOrNull,
  mcseMean: numberOrNull.describe('Monte Carlo standard error of the mean.'),
  mcseSd: numberOrNull,
});

const share = z.number().nullable();

const numbers = z.array(numberOrNull);

const shard = z.strictObject({
  shard: z.int().nullable().describe('From 0.'),
  points: numberOrNull,
  strips: z.array(z.strictObject({ first: numberOrNull, end: numberOrNull })).describe('Frames: first <= frame < end.'),
  leftOut: z.string().nullable().describe('Why it was not combined; null if it was.'),
  kHat: numberOrNull,
  effectiveShare: numberOrNull,
  draws: numberOrNull,
  divergent: numberOrNull,
  rHat: numberOrNull,
  essBulk: numberOrNull,
  mean: numbers.nullable(),
  sd: numbers.nullable(),
  sweeps: numberOrNull,
  resumed: z.boolean(),
});

const consensus = z
  .strictObject({
    shards: z.array(shard),
    strips: numberOrNull.describe('Per shard.'),
    pool: z.boolean().describe('Shards were worked on side by side.'),
    used: numberOrNull,
    leftOut: numberOrNull,
    lean: numberOrNull.describe('What skewness of the shards is expected to cost, in standard deviations.'),
    coordinates: z.array(z.string()),
    combined: z.strictObject({ mean: numbers, sd: numbers, shift: numbers, stretch: numbers }),
    agreement: z
      .strictObject({
        q: numberOrNull.describe("Cochran's Q."),
        freedom: numberOrNull,
        probability: numberOrNull,
        iSquared: numberOrNull,
        coordinates: z.array(z.strictObject({ name: z.string(), q: numberOrNull, iSquared: numberOrNull })),
        divergences: z.array(numbers).describe('Kullback-Leibler, between every two shards.'),
        findings: z.array(z.string()),
      })
      .describe('Whether the parts of the data agree.'),
    accepted: z.boolean().describe('The weights of all data certify the answer.'),
  })
  .nullable();

export const posteriorSchema: z.ZodType<PosteriorRecord | null> = z
  .strictObject({
    method: z.enum(['psis', 'nuts', 'cmc']),
    likelihood: z
      .enum(['adjusted', 'independent'])
      .describe('adjusted: the width of the speckle errors; independent: too narrow for real speckle data.'),
    verdict: z.strictObject({
      level,
      worst: z.string().nullable().describe('The quantity that agrees least between the chains.'),
      findings: z.array(z.strictObject({ level, text: z.string() })),
    }),
    converged: z.boolean().describe('The chains agree, or importance sampling may stand.'),
    stoppedBy: z.enum(['until', 'draws', 'time', 'signal']).nullable().describe('Null without chains.'),
    parameters: z.record(z.string(), quantity),
    angles: z.array(
      z.strictObject({
        phi: z.number().describe('Degrees.'),
        contrast: quantity.nullable().describe('Null where it is held.'),
        offset: quantity.nullable(),
        sigma: quantity.describe('Noise of one point of c2.'),
        predictive: z
          .strictObject({ points: z.int(), within50: share, within90: share, within95: share })
          .nullable()
          .describe('Share of measured points of some cuts within central predictive intervals.'),
      }),
    ),
    priors: z.record(z.string(), z.string()).describe('As the configuration writes them.'),
    warmup: z.int().nullable().describe('Transitions per chain that were not kept; null without chains.'),
    chains: z.array(
      z.strictObject({
        draws: z.int(),
        divergences: z.int(),
        energyFraction: numberOrNull.describe('E-BFMI.'),
        stepSize: z.number(),
        acceptance: numberOrNull,
        leapfrogs: numberOrNull.describe('Mean per draw.'),
        gradients: z.int().describe('Those of the warmup included.'),
      }),
    ),
    importance: z
      .strictObject({
        accepted: z.boolean(),
        checks: z.array(z.strictObject({ rule: z.string(), passed: z.boolean(), text: z.string() })),
      })
      .nullable(),
    consensus,
    seconds: z.number().describe('Wall time of sampling in the process that wrote this.'),
    digest: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe('sha256 of all draws.'),
  })
  .nullable()
  .describe(
    'The posterior; null when it was not sampled, and a warning says why if it should have been.',
  ) as z.ZodType<PosteriorRecord | null>;
