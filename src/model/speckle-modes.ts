/**
 * Intensity of one speckle as a sum of coherence modes: I = Σ_l w_l·|field_l|², Σw = 1, Σw² = contrast.
 *
 * The fewest modes that can: all weights equal but the last, which is not larger. 1/contrast whole: that many equal modes.
 */
import { Defect } from '../base/errors.ts';

/** Slack for 1/contrast that is whole up to rounding. */
const WHOLE = 1e-9;

/** Weights of the modes, shape (⌈1/contrast⌉); contrast in (0, 1]. */
export function modeWeights(contrast: number): Float64Array {
  if (!(contrast > 0) || !(contrast <= 1))
    throw new Defect(`speckle has a contrast above 0 and up to 1, not ${contrast}`);
  const modes = Math.ceil(1 / contrast - WHOLE);
  if (modes === 1) return Float64Array.of(1);
  // (modes − 1)·a + b = 1 and (modes − 1)·a² + b² = contrast, with the root a ≥ b.
  const equal = modes - 1;
  const spread = Math.sqrt(Math.max(contrast * modes - 1, 0) / equal);
  const weights = new Float64Array(modes).fill((1 + spread) / modes);
  weights[equal] = 1 - equal * weights[0]!;
  return weights;
}
