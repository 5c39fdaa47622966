/** Mathematics with the same bits on every engine: elementary functions, random numbers, sums. */
export { exp, expm1 } from './exponential.ts';
export { log, pow } from './logarithm.ts';
export { cos, cosDegrees, sin, sinCos, sinDegrees } from './trigonometric.ts';
