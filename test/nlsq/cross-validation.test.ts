/** Model choice by cross-validation with blocks of frames, on simulated speckle of known physics. */
import { describe, expect, test } from 'vitest';
import { loadKernels, pairsOf, speckleKernels, type ResidentTriangles } from '../../src/kernels/index.ts';
import { simulateSpeckle, type Mode, type ParameterValues } from '../../src/model/index.ts';
import {
  compareScores,
  crossValidate,
  frameBlocks,
  type Candidate,
  type Comparison,
} from '../../src/nlsq/cross-validation/index.ts';
import { fitTwoTime, type ParameterSetting, type ScalingChoice } from '../../src/nlsq/index.ts';
import { FLOW_TRUTH, kernels, memory, simulatedModel, simulatedProblem, type Simulated } from './simulated.ts';

const part = speckleKernels(await loadKernels(), memory);

const FRAMES = 120;
const REQUEST: Simulated = {
  mode: 'laminar_flow',
  frames: FRAMES,
  q: 0.0054,
  phi: [0, 45],
  truth: FLOW_TRUTH,
  sigma: 0,
  seed: 5,
};

function speckleData(request: Simulated, contrast: readonly number[]): ResidentTriangles {
  const physics = simulatedModel(request).physics(request.truth);
  const all = contrast.map((one) =>
    simulateSpeckle(physics, { speckles: 1000, contrast: one, photons: 5, seed: request.seed }, part),
  );
  const pairs = pairsOf(FRAMES - 1);
  const values = kernels.allocate(contrast.length * pairs);
  all.forEach((made, a) => values.set(made.values.subarray(a * pairs, (a + 1) * pairs), a * pairs));
  return { frames: FRAMES - 1, angles: contrast.length, values, excluded: new Uint32Array(contrast.length) };
}

interface Asked {
  readonly mode?: Mode;
  readonly scaling?: ScalingChoice;
  readonly settings?: Readonly<Record<string, Partial<ParameterSetting>>>;
}

async function candidateOf(
  truth: ParameterValues,
  data: ResidentTriangles,
  asked: Asked,
): Promise<{ candidate: Candidate; unknowns: number }> {
  const { mode = 'laminar_flow', scaling = { mode: 'per-angle' }, settings = {} } = asked;
  const base = simulatedProblem({ ...REQUEST, mode }, { start: truth, settings, scaling, options: { starts: 1 } });
  const problem = { ...base, sweeps: kernels.sweeps(data) };
  const { parameters, scaling: found, cost } = await fitTwoTime(problem);
  const candidate = {
    model: problem.model,
    parameters: problem.parameters,
    scaling,
    values: Object.fromEntries(parameters.map(({ name, value }) => [name, value])),
    contrast: Float64Array.from(found, ({ contrast }) => contrast.value),
    offset: Float64Array.from(found, ({ offset }) => offset.value),
  };
  return { candidate, unknowns: cost.points - cost.degreesOfFreedom };
}

async function compared(request: Simulated, contrast: readonly number[], asked: readonly Asked[]): Promise<Comparison> {
  const data = speckleData(request, contrast);
  const all = [];
  for (const one of asked) all.push(await candidateOf(request.truth, data, one));
  const candidates = all.map(({ candidate }) => candidate);
  const edges = frameBlocks(candidates.map(({ model, values }) => model.physics(values)));
  const scores = await crossValidate({
    candidates,
    sweeps: kernels.sweeps(data),
    sigma: new Float64Array(data.angles).fill(0.01),
    edges,
    withRoom: async (work) => {
      const mark = memory.mark();
      const done = await work(kernels);
      memory.release(mark);
      return done;
    },
  });
  expect(scores.points.reduce((sum, count) => sum + count, 0)).toBe(data.angles * pairsOf(data.frames));
  return compareScores(
    scores,
    all.map(({ unknowns }) => unknowns),
  );
}

const STATIC: Asked = { mode: 'static' };
const FLOW: Asked = {};
const SHARED: Asked = { scaling: { mode: 'shared' } };

test('a flow is told from a static sample, and needs no contrast of its own for each angle where that is the same', async () => {
  const { best, preferred, candidates } = await compared(REQUEST, [0.2, 0.2], [STATIC, FLOW, SHARED]);
  expect([best, preferred]).toEqual([2, 2]);
  expect(candidates[0]!.difference / candidates[0]!.error).toBeGreaterThan(3);
  expect(candidates[0]!.worse).toBe(true);
  expect(candidates[2]).toMatchObject({ difference: 0, error: 0, worse: false, unconverged: 0 });
});

test('speckle without flow is no worse described by a static sample', async () => {
  const still = { ...REQUEST, truth: { ...FLOW_TRUTH, D_offset: 60000, gamma_dot_t0: 1e-6, gamma_dot_t_offset: 0 } };
  const { preferred, candidates } = await compared(still, [0.2, 0.2], [STATIC, FLOW]);
  expect(preferred).toBe(0);
  expect(candidates[0]!.worse).toBe(false);
});

test('contrasts that differ much are found to differ', async () => {
  const { preferred, candidates } = await compared(REQUEST, [0.1, 0.5], [FLOW, SHARED]);
  expect(preferred).toBe(0);
  expect(candidates[1]!.worse).toBe(true);
});

describe('blocks of frames', () => {
  const physicsOf = (D0: number) =>
    simulatedModel({ ...REQUEST, mode: 'static', q: 0.0237, phi: [0] }).physics({ D0, alpha: 0, D_offset: 0 });

  test('are tenths of the frames where correlation times are short', () => {
    expect([...frameBlocks([physicsOf(1e5)])]).toEqual([0, 12, 24, 36, 48, 60, 72, 84, 96, 108, 119]);
  });

  test('hold a correlation time of the slowest model at least', () => {
    const slow = physicsOf(300);
    const { kappa, c } = slow;
    const edges = frameBlocks([physicsOf(1e5), slow]);
    expect(edges.at(-1)).toBe(FRAMES - 1);
    expect(edges.length).toBeLessThan(10);
    for (let b = 0; b + 1 < edges.length; b++) {
      expect(kappa * (c[edges[b + 1]! - 1]! - c[edges[b]!]!)).toBeGreaterThanOrEqual(1);
    }
  });

  test('are one where the window holds less than two correlation times', () => {
    expect([...frameBlocks([physicsOf(100)])]).toEqual([0, FRAMES - 1]);
  });
});

test('differences have the standard error of a sum over blocks', () => {
  const scores = [Float64Array.of(10, 11, 12, 13), Float64Array.of(10.5, 11.5, 12.7, 13.7)];
  const { best, preferred, candidates } = compareScores(
    { candidates: scores.map((one) => ({ scores: one, unconverged: 0 })), points: Float64Array.of(5, 5, 5, 5) },
    [3, 2],
  );
  expect([best, preferred]).toEqual([0, 0]);
  expect(candidates[0]!.cost).toBeCloseTo(46 / 20, 12);
  expect(candidates[1]!.difference).toBeCloseTo(2.4 / 46, 12);
  // √(4·s²), s² = (4·0.1²)/3.
  expect(candidates[1]!.error).toBeCloseTo(Math.sqrt((4 * 0.04) / 3) / 46, 12);
});
