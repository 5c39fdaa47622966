/** Draws of the parameters from their priors, to lay beside those of the posterior. */
import { fold } from '../../math/index.ts';
import type { Quantity } from '../sampling/index.ts';
import type { TwoTimePosterior } from '../posterior/index.ts';
import { streamKey } from '../streams.ts';

const DRAWS = 1000;

/** Every parameter that moves, tied ones included, in the user's units: one chain of independent draws. Pure in the seed. */
export function priorDraws({ free, priors }: Pick<TwoTimePosterior, 'free' | 'priors'>, seed: number): Quantity[] {
  const key = streamKey(seed, 'prior');
  const values = Array.from({ length: DRAWS }, (_, n) =>
    free.values(Float64Array.from(priors, (prior, i) => prior.draw(fold(fold(key, i), n)))),
  );
  return free.moving.map((name) => ({ name, draws: [Float64Array.from(values, (at) => at[name]!)] }));
}
