/** Profiles made from formulas: a skewed one, one that is open at a bound, one that is unknown, and two pairs. */
import type { FitProfiles, PairProfile, ParameterProfile } from '../../src/nlsq/index.ts';

const NAMES = ['D0', 'alpha', 'D_offset'];

export function syntheticProfiles(): FitProfiles {
  return {
    errors: 'speckle',
    names: NAMES,
    parameters: [skewedD0(), openAlpha(), unknownPhi0()],
    pairs: [pairOf('D0', 'alpha'), unknownPair()],
    reason: null,
  };
}

/** √Λ = 50·ln(D0/19230). */
function skewedD0(): ParameterProfile {
  const at = (root: number): number => 19230 * Math.exp(root / 50);
  const end = (root: number) => ({ value: at(root), reason: null, note: null });
  return {
    ...curve('D0', [-2.4, -1.96, -1, 0, 1, 1.96, 2.4], at),
    ...{ estimate: 19230, error: 384.6, scale: 0.04, reason: null, nearDegenerate: false },
    intervals: [
      { level: 0.6827, lower: end(-1), upper: end(1) },
      { level: 0.95, lower: end(-1.96), upper: end(1.96) },
    ],
  };
}

/** Λ = 1.44 at the lower bound −0.72. */
function openAlpha(): ParameterProfile {
  const at = (root: number): number => -0.6 + 0.1 * root;
  const end = (root: number) => ({ value: at(root), reason: null, note: null });
  const reason = 'the scaled ratio is 1.44 at the lower bound -0.72, below the threshold 3.84';
  return {
    ...curve('alpha', [-1.2, -1, 0, 1, 1.96, 2.4], at),
    ...{ estimate: -0.6, error: 0.1, scale: 0.1, reason: null, nearDegenerate: true },
    intervals: [
      { level: 0.6827, lower: end(-1), upper: end(1) },
      {
        level: 0.95,
        lower: { value: null, reason, note: null },
        upper: { ...end(1.96), note: 'with D_offset at its lower bound 0' },
      },
    ],
  };
}

function unknownPhi0(): ParameterProfile {
  const reason = 'not determined by the data';
  const end = { value: null, reason, note: null };
  return {
    ...curve('phi0', [], () => 0),
    ...{ estimate: -4.9, error: null, scale: null, reason, nearDegenerate: true },
    intervals: [
      { level: 0.6827, lower: end, upper: end },
      { level: 0.95, lower: end, upper: end },
    ],
  };
}

function curve(name: string, roots: readonly number[], at: (root: number) => number) {
  const values = Float64Array.from(roots, at);
  const theta = Float64Array.from(roots.flatMap((root) => [at(root), -0.6, 879]));
  return { name, values, ratio: Float64Array.from(roots, (root) => root * root), theta };
}

function pairOf(a: string, b: string): PairProfile {
  const ring = (root: number): Float64Array =>
    Float64Array.from(
      Array.from({ length: 24 }, (_, k) => (Math.PI * k) / 12).flatMap((angle) => [
        19230 * Math.exp((root * Math.cos(angle)) / 50),
        -0.6 + 0.1 * root * Math.sin(angle),
      ]),
    );
  const onBound = Array.from({ length: 24 }, () => false);
  return {
    ...{ names: [a, b], estimate: [19230, -0.6], reason: null, nearDegenerate: false },
    covariance: Float64Array.of(384.6 ** 2, 0, 0, 0.01),
    contours: [
      { level: 0.6827, points: ring(1.515), onBound, reason: null },
      { level: 0.95, points: ring(2.448), onBound, reason: null },
    ],
    values: ring(1.5),
    ratio: new Float64Array(24).fill(2.25),
  };
}

function unknownPair(): PairProfile {
  const reason = 'not determined by the data';
  const none = { points: new Float64Array(0), onBound: [], reason };
  return {
    ...{ names: ['beta', 'phi0'], estimate: [0.3, -4.9], covariance: null, reason, nearDegenerate: true },
    contours: [
      { level: 0.6827, ...none },
      { level: 0.95, ...none },
    ],
    values: new Float64Array(0),
    ratio: new Float64Array(0),
  };
}
