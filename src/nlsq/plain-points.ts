/** Points and steps of a fit as plain data, and back. */
import { InputRefused } from '../base/errors.ts';
import { fromPlain, toPlain, type PlainPoint, type PlainSteps } from './checkpoint.ts';
import type { Objective, Point, ScalingGuess } from './objective.ts';
import type { TraceEntry } from './outcome.ts';

export type Step = Pick<TraceEntry, 'iteration' | 'cost' | 'accepted'>;

/** Steps of a descent. */
export function plainSteps(steps: readonly Step[]): PlainSteps {
  return steps.map(({ iteration, cost, accepted }) => [iteration, toPlain(cost), accepted]);
}

/** A point, with the best scaling or with the one its sweep was made with. */
export function plainPoint({ theta, best }: Point, scaling: ScalingGuess): PlainPoint {
  const list = (numbers: Float64Array): PlainPoint['theta'] => Array.from(numbers, toPlain);
  return {
    theta: list(theta),
    cost: toPlain(best.cost),
    contrast: list(scaling.contrast),
    offset: list(scaling.offset),
  };
}

/** The point again. Throws `InputRefused` when it is none of this fit. */
export function pointFrom(plain: PlainPoint, { system, weight }: Objective, number: number): Point {
  const vector = (numbers: PlainPoint['theta'], length: number): Float64Array => {
    if (numbers.length !== length) throw misplaced(number);
    return Float64Array.from(numbers, fromPlain);
  };
  const theta = vector(plain.theta, system.free.names.length);
  const [contrast, offset] = [vector(plain.contrast, weight.length), vector(plain.offset, weight.length)];
  return { theta, values: system.free.values(theta), best: { cost: fromPlain(plain.cost), contrast, offset } };
}

/** What is thrown when piece `number` of a checkpoint is not what the fit comes by at that place. */
export function misplaced(number: number): InputRefused {
  return new InputRefused(`the checkpoint does not fit: the fit does not come by what is its piece ${number}`, {
    help: 'delete it and run the fit from the beginning',
  });
}
