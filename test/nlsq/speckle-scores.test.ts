/** The closed form for the covariance of scores against the plain sum over all pairs of pairs, and against simulated speckle. */
import { describe, expect, test } from 'vitest';
import { simulateSpeckle, type ParameterValues, type TwoTimeModel } from '../../src/model/index.ts';
import { referenceProducts } from '../../src/kernels/index.ts';
import { evenBlocks, type AgeBlocks } from '../../src/nlsq/errors/age-blocks.ts';
import { angleScores } from '../../src/nlsq/errors/angle-scores.ts';
import { blockFields } from '../../src/nlsq/errors/block-fields.ts';
import { pairRows } from '../../src/nlsq/errors/pair-row.ts';
import { angleColumns, fieldCorrelation, fillColumns, type AngleColumns } from '../../src/nlsq/errors/score-columns.ts';
import { scoreCovariances, type ScoreCovariances } from '../../src/nlsq/errors/speckle-scores.ts';
import { denseNoise } from './dense-speckle.ts';
import { FLOW_TRUTH, simulatedModel, STATIC_TRUTH, type Simulated } from './simulated.ts';

const SLOW: ParameterValues = { D0: 2000, alpha: -0.5, D_offset: 50 };

function columnsOf(mode: Simulated['mode'], frames: number, truth: ParameterValues, q: number) {
  const model = simulatedModel({ mode, frames: frames + 1, q, phi: [20], truth, sigma: 1, seed: 1 });
  const physics = model.physics(truth);
  return { model, physics, columns: angleColumns(physics, model.sensitivities(truth, model.parameters), 0, 1) };
}

function everyFrame(columns: AngleColumns): ScoreCovariances {
  const frames = columns.physics.c.length;
  const blocks: AgeBlocks = evenBlocks(new Float64Array(frames), frames);
  const support = { fields: blockFields(columns.physics, 0, blocks), present: null };
  return scoreCovariances(columns, support, support, referenceProducts());
}

const speckleOf = ({ square, cube }: ScoreCovariances, beta: number): Float64Array =>
  square.map((value, at) => beta ** 2 * (value + beta * cube[at]!));
const crossedOf = ({ linear, crossedSquare }: ScoreCovariances, beta: number): Float64Array =>
  linear.map((value, at) => beta * (value + beta * crossedSquare[at]!));

/** Σ_pq J_p·S_pq·J_q. */
function quadratic(jacobian: readonly Float64Array[], noise: Float64Array): Float64Array {
  const r = jacobian.length;
  const n = jacobian[0]!.length;
  return Float64Array.from({ length: r * r }, (_, at) => {
    const [a, b] = [jacobian[Math.floor(at / r)]!, jacobian[at % r]!];
    let sum = 0;
    for (let p = 0; p < n; p++) for (let q = 0; q < n; q++) sum += a[p]! * noise[p * n + q]! * b[q]!;
    return sum;
  });
}

describe.each([
  { name: 'a fast static sample', mode: 'static', truth: STATIC_TRUTH, q: 0.0237 },
  { name: 'a slow static sample', mode: 'static', truth: SLOW, q: 0.0237 },
  { name: 'a flow', mode: 'laminar_flow', truth: FLOW_TRUTH, q: 0.0054 },
] as const)('$name', ({ mode, truth, q }) => {
  test('has the score covariance of the plain sum over pairs of pairs', () => {
    const frames = 10;
    const beta = 0.3;
    const { physics, columns } = columnsOf(mode, frames, truth, q);
    const rows = pairRows(physics, 0);
    const field = new Float64Array(frames * frames).fill(1);
    const row = new Float64Array(columns.count);
    const jacobian = Array.from({ length: columns.count }, () => new Float64Array((frames * (frames - 1)) / 2));
    let pair = 0;
    for (let i = 0; i < frames; i++) {
      const { m } = rows(i);
      for (let j = i + 1; j < frames; j++, pair++) {
        expect(Math.abs(fillColumns(columns, i, j, row) - m[j]!)).toBeLessThan(1e-12);
        row.forEach((value, k) => (jacobian[k]![pair] = value));
        field[i * frames + j] = field[j * frames + i] = fieldCorrelation(physics, 0, m[j]!, i, j);
      }
    }
    const noise = denseNoise(field, frames, beta);
    const scores = everyFrame(columns);
    const white = Float64Array.from({ length: noise.pairs.length ** 2 }, (_, at) =>
      at % (noise.pairs.length + 1) === 0 ? 1 : 0,
    );
    for (const [found, expected] of [
      [speckleOf(scores, beta), quadratic(jacobian, noise.speckle)],
      [crossedOf(scores, beta), quadratic(jacobian, noise.crossed)],
      [scores.white, quadratic(jacobian, white)],
    ] as const) {
      const r = columns.count;
      for (let a = 0; a < r; a++) {
        for (let b = 0; b < r; b++) {
          const size = Math.sqrt(expected[a * (r + 1)]! * expected[b * (r + 1)]!);
          // Products below 1e-3 of a correlation are left out.
          expect(Math.abs(found[a * r + b]! - expected[a * r + b]!) / size).toBeLessThan(2e-3);
        }
      }
    }
  });

  test.each([
    { most: 256, limit: 0.03 },
    { most: 96, limit: 0.08 },
  ])('needs no more than $most blocks of frames', async ({ most, limit }) => {
    const { model, columns, physics } = columnsOf(mode, 100, truth, q);
    const exact = speckleOf(everyFrame(columns), 0.2);
    const blocked = speckleOf(
      await angleScores(columns, model.grid.times, () => null, most, sumOfSquares(physics), {}),
      0.2,
    );
    for (let k = 0; k < columns.count; k++) {
      const at = k * (columns.count + 1);
      expect(Math.abs(Math.sqrt(blocked[at]! / exact[at]!) - 1)).toBeLessThan(limit);
    }
  });
});

test('a window of hundreds of correlation times is looked at in pieces, its beginning whole', async () => {
  const { model, columns, physics } = columnsOf('laminar_flow', 360, FLOW_TRUTH, 0.0237);
  const exact = speckleOf(everyFrame(columns), 0.2);
  const pieces = await angleScores(columns, model.grid.times, () => null, 64, sumOfSquares(physics), {});
  const ratios = Array.from({ length: columns.count }, (_, k) => {
    const at = k * (columns.count + 1);
    return Math.sqrt(speckleOf(pieces, 0.2)[at]! / exact[at]!);
  });
  for (const ratio of ratios) expect(Math.abs(ratio - 1), ratios.join(' ')).toBeLessThan(0.1);
});

function sumOfSquares(physics: ReturnType<TwoTimeModel['physics']>): number {
  const rows = pairRows(physics, 0);
  let sum = 0;
  for (let i = 0; i < physics.c.length - 1; i++) {
    const { m } = rows(i);
    for (let j = i + 1; j < physics.c.length; j++) sum += m[j]! ** 2;
  }
  return sum;
}

test('simulated speckle, with photons counted, scatters as the closed form says', () => {
  const frames = 24;
  const [beta, speckles, photons, sets] = [0.2, 200, 4, 250];
  const { physics, columns } = columnsOf('static', frames, SLOW, 0.0237);
  const { count } = columns;
  const scores = everyFrame(columns);
  const row = new Float64Array(count);
  const sums = new Float64Array(count);
  const squares = new Float64Array(count);
  for (let set = 0; set < sets; set++) {
    const { values } = simulateSpeckle(physics, { speckles, contrast: beta, photons, seed: set });
    const score = new Float64Array(count);
    let at = 0;
    for (let i = 0; i < frames; i++) {
      for (let j = i + 1; j < frames; j++, at++) {
        const m = fillColumns(columns, i, j, row);
        for (let k = 0; k < count; k++) score[k] = score[k]! + row[k]! * (values[at]! - 1 - beta * m);
      }
    }
    score.forEach((value, k) => {
      sums[k] = sums[k]! + value;
      squares[k] = squares[k]! + value * value;
    });
  }
  const speckle = speckleOf(scores, beta);
  const crossed = crossedOf(scores, beta);
  for (let k = 0; k < count; k++) {
    const at = k * (count + 1);
    const expected = (speckle[at]! + crossed[at]! / photons + scores.white[at]! / photons ** 2) / speckles;
    const found = squares[k]! / sets - (sums[k]! / sets) ** 2;
    // One standard error of a variance from 250 sets is 9 %.
    expect(Math.abs(found / expected - 1)).toBeLessThan(0.25);
  }
});
