/** Mathematics with the same bits on every engine: elementary functions, random numbers, sums. */
export { fillComplexNormals } from './complex-normals.ts';
export { exp, expm1 } from './exponential.ts';
export { log, log1p, pow } from './logarithm.ts';
export { cos, cosDegrees, sin, sinCos, sinDegrees } from './trigonometric.ts';
export {
  fillNormals,
  fillUniforms,
  fillWords,
  fold,
  keyFromSeed,
  normalAt,
  normals,
  philox4x32,
  split,
  uniformAt,
  uniforms,
  type RandomKey,
} from './random.ts';
export { mean, median, pairwiseSum, quantile } from './statistics.ts';
