/** The shape of the profiles in `result.json`. */
import { z } from 'zod';
import type { ProfilesRecord } from './profile-record.ts';

const reason = z.string().nullable().describe('Why something beside it is missing; null when nothing is.');

const end = z.strictObject({
  value: z.number().nullable().describe('Null: the data set no limit on this side.'),
  reason,
  note: z.string().nullable().describe('Which other parameters are at a bound there, so that the limit may owe to it.'),
});

export const profilesSchema: z.ZodType<ProfilesRecord | null> = z
  .strictObject({
    errors: z.enum(['speckle', 'independent']).describe('Which covariance scales the likelihood ratios.'),
    reason,
    parameters: z.array(
      z.strictObject({
        name: z.string(),
        unit: z.string().describe('Empty for pure numbers.'),
        estimate: z.number(),
        error: z
          .number()
          .nullable()
          .describe('Standard error of the quadratic that the scaled ratio follows near the minimum.'),
        scale: z.number().nullable().describe('By what the ratio of independent points is multiplied.'),
        reason,
        nearDegenerate: z.boolean().describe('The scale holds at the minimum; along the profile it is only rough.'),
        intervals: z.array(z.strictObject({ level: z.number(), lower: end, upper: end })),
        values: z.array(z.number()).describe('Where all other parameters were optimised, ascending.'),
        ratio: z.array(z.number()).describe('Scaled likelihood ratio at these values.'),
      }),
    ),
    pairs: z.array(
      z.strictObject({
        names: z.tuple([z.string(), z.string()]),
        units: z.tuple([z.string(), z.string()]),
        estimate: z.tuple([z.number(), z.number()]),
        covariance: z.array(z.number()).nullable().describe('Of the quadratic near the minimum, row by row.'),
        reason,
        nearDegenerate: z.boolean(),
        contours: z.array(
          z.strictObject({ level: z.number(), points: z.array(z.tuple([z.number(), z.number()])), reason }),
        ),
      }),
    ),
  })
  .nullable()
  .describe('Profile-likelihood intervals; null when none were asked for.');
