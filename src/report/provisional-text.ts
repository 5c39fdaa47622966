/** What is known of a posterior before any chain has run, as a short table. */
import type { Provisional } from '../bayes/index.ts';
import { exp } from '../math/index.ts';
import { parameterInfo } from '../model/index.ts';
import { counted, plain, withError } from './number-format.ts';

/** Mean and standard deviation of each moving parameter. */
type Moments = readonly { readonly name: string; readonly mean: number; readonly sd: number }[];

/**
 * Lines for the terminal: mean ± sd from the importance sample, or, before there is one, from the normal distribution at the
 * mode. `isNarrow`: the likelihood takes all points as independent.
 */
export function provisionalText(provisional: Provisional, isNarrow = false): string[] {
  const { importance, mode } = provisional;
  const weighted =
    importance !== null && importance.sample.mixture.effectiveSize > 0 ? importance.sample.mixture : null;
  const moments = weighted === null ? aroundMode(provisional) : ofSample(provisional, weighted);
  const width = Math.max(...moments.map(({ name }) => name.length));
  return [
    `provisional posterior, ${weighted === null ? 'normal around the mode' : 'by importance sampling'}: mean +/- sd`,
    ...moments.map(({ name, mean, sd }) => {
      const { unit } = parameterInfo(name);
      return `  ${name.padEnd(width)}  ${withError(mean, sd)}${unit === '' ? '' : ` ${unit}`}`;
    }),
    ...(importance === null
      ? [`  found with ${counted(mode.gradients, 'gradient')}; importance sampling follows`]
      : [
          `  Pareto k ${plain(importance.sample.mixture.kHat, 2)}, ` +
            `${plain(importance.sample.mixture.effectiveSize, 3)} of ${importance.sample.mixture.positions.length} draws effective: ` +
            (importance.verdict.accepted ? 'may stand as final' : 'may not stand as final'),
        ]),
    ...(isNarrow ? ['  as if all points were independent: TOO NARROW for measured speckle'] : []),
  ];
}

type Weighted = NonNullable<Provisional['importance']>['sample']['mixture'];

function ofSample({ posterior }: Provisional, { positions, logWeights }: Weighted): Moments {
  const { free } = posterior;
  const weights = logWeights.map((weight) => exp(weight));
  // Parameters of draws without weight need not be finite.
  const drawn = positions.flatMap((position, n) =>
    weights[n]! > 0 ? [{ weight: weights[n]!, values: free.values(posterior.theta(position)) }] : [],
  );
  return free.moving.map((name) => {
    const mean = drawn.reduce((sum, { weight, values }) => sum + weight * values[name]!, 0);
    const square = drawn.reduce((sum, { weight, values }) => sum + weight * (values[name]! - mean) ** 2, 0);
    return { name, mean, sd: Math.sqrt(square) };
  });
}

/** Each column of the factor moves the mode by one standard deviation, independently of the others. */
function aroundMode({ posterior, mode }: Provisional): Moments {
  const { free } = posterior;
  const size = mode.position.length;
  const at = (column: number, sign: number) =>
    free.values(posterior.theta(mode.position.map((value, i) => value + sign * mode.factor[i * size + column]!)));
  const best = free.values(posterior.theta(mode.position));
  const moved = Array.from({ length: size }, (_, k) => [at(k, 1), at(k, -1)] as const);
  return free.moving.map((name) => {
    const square = moved.reduce((sum, [above, below]) => sum + ((above[name]! - below[name]!) / 2) ** 2, 0);
    return { name, mean: best[name]!, sd: Math.sqrt(square) };
  });
}
