/**
 * Profiles of a fit in `fit.npz`.
 *
 * | array | shape | |
 * |---|---|---|
 * | profile_A, profile_A_ratio | (K) | values of parameter A, ascending; scaled likelihood ratio |
 * | profile_A_theta, profile_theta_names | (K, n), (n) | all free parameters at these values |
 * | profile_A_B, profile_A_B_ratio | (K, 2), (K) | where the others were optimised for a pair |
 * | contour_A_B_68, contour_A_B_95 | (K, 2) | lines round the estimate; (0, 2) where there is none |
 */
import { npzArray } from '../data/index.ts';
import type { NpzMember } from '../data/index.ts';
import type { FitProfiles } from '../nlsq/index.ts';

export function profileArrays(profiles: FitProfiles | null): NpzMember[] {
  if (profiles === null || profiles.reason !== null) return [];
  const { names, parameters, pairs } = profiles;
  return [
    { name: 'profile_theta_names', text: names },
    ...parameters.flatMap(({ name, values, ratio, theta }) => [
      npzArray(`profile_${name}`, values),
      npzArray(`profile_${name}_ratio`, ratio),
      npzArray(`profile_${name}_theta`, theta, [values.length, names.length]),
    ]),
    ...pairs.flatMap(({ names: [a, b], values, ratio, contours }) => [
      npzArray(`profile_${a}_${b}`, values, [ratio.length, 2]),
      npzArray(`profile_${a}_${b}_ratio`, ratio),
      ...contours.map(({ level, points }) =>
        npzArray(`contour_${a}_${b}_${(100 * level).toFixed(0)}`, points, [points.length / 2, 2]),
      ),
    ]),
  ];
}
