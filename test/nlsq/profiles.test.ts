/** Profile likelihoods of a fit: exact where the problem is quadratic, equal to a plain search where it is skewed. */
import { describe, expect, test } from 'vitest';
import { DYNAMICS, fitSet, type CoverageCase } from '../../bench/coverage-cases.ts';
import { valuesOf } from '../../src/kernels/index.ts';
import { simulateSpeckle } from '../../src/model/index.ts';
import {
  fitTwoTime,
  ROOTS_OF_ONE,
  ROOTS_OF_TWO,
  type FitCheckpoint,
  type FitOutcome,
  type FitProblem,
  type ParameterProfile,
  type ParameterSetting,
} from '../../src/nlsq/index.ts';
import { coordinateSystem } from '../../src/nlsq/coordinates.ts';
import { estimateErrors } from '../../src/nlsq/errors/estimate-errors.ts';
import { FitWork } from '../../src/nlsq/fit-work.ts';
import { freeParameters } from '../../src/nlsq/free-parameters.ts';
import { buildLevels } from '../../src/nlsq/levels.ts';
import { linearise } from '../../src/nlsq/objective.ts';
import { fitProfiles } from '../../src/nlsq/profiles/index.ts';
import { scalingGroups } from '../../src/nlsq/scaling.ts';
import { kernels, simulatedModel, simulatedProblem, type Simulated } from './simulated.ts';

const TRUTH = { D0: 19230, alpha: -0.6, D_offset: 2000 };
const REQUEST: Simulated = { mode: 'static', frames: 40, q: 0.0237, phi: [0], truth: TRUTH, sigma: 1e-4, seed: 3 };

type Targets = readonly (readonly string[])[];

function question(
  profile: Targets,
  settings: Readonly<Record<string, Partial<ParameterSetting>>> = {},
  request: Simulated = REQUEST,
): FitProblem {
  return simulatedProblem(request, { start: request.truth, settings, options: { starts: 1, profile } });
}

/** A short window with few speckles: everything is skewed. */
function skewed(profile: Targets, settings: Readonly<Record<string, Partial<ParameterSetting>>> = {}): FitProblem {
  const request = { ...REQUEST, frames: 60 };
  const physics = simulatedModel(request).physics(TRUTH);
  const made = simulateSpeckle(physics, { speckles: 4000, contrast: 0.2, photons: 5, seed: 3 });
  const values = kernels.allocate(made.values.length);
  values.set(made.values);
  return { ...question(profile, settings, request), sweeps: kernels.sweeps({ ...made, values }) };
}

function profileOf(outcome: FitOutcome, name: string): ParameterProfile {
  return outcome.profiles!.parameters.find((one) => one.name === name)!;
}

/** Ends of the intervals in standard errors from the estimate: 68 % lower, upper, 95 % lower, upper. */
function distances({ estimate, error, intervals }: ParameterProfile): number[] {
  return intervals.flatMap(({ lower, upper }) => [lower, upper].map(({ value }) => (value! - estimate) / error!));
}

describe('where the problem is quadratic', () => {
  test('limits are one and 1.96 standard errors away', async () => {
    const outcome = await fitTwoTime(question([['D0'], ['alpha'], ['D_offset']]));
    for (const { name, uncertainty } of outcome.parameters) {
      const profile = profileOf(outcome, name);
      expect(profile.error).toBe(uncertainty.speckle);
      expect(profile.scale).toBeCloseTo((uncertainty.independent! / uncertainty.speckle!) ** 2, 10);
      const [one, two] = ROOTS_OF_ONE;
      [-one, one, -two, two].forEach((expected, k) =>
        expect(Math.abs(distances(profile)[k]! / expected - 1)).toBeLessThan(0.01),
      );
      expect(profile.reason).toBeNull();
    }
  });

  test('what little skewness there is cancels in the mean of both sides', async () => {
    const profile = profileOf(await fitTwoTime(question([['alpha']])), 'alpha');
    const [low, high, low2, high2] = distances(profile) as [number, number, number, number];
    expect(Math.abs((high - low) / 2 - ROOTS_OF_ONE[0])).toBeLessThan(1e-3);
    expect(Math.abs((high2 - low2) / 2 - ROOTS_OF_ONE[1])).toBeLessThan(2e-3);
  });

  test('the contours of a pair are ellipses of its covariance', async () => {
    const outcome = await fitTwoTime(question([['D0', 'alpha']]));
    const { contours, covariance, estimate, names } = outcome.profiles!.pairs[0]!;
    expect(names).toEqual(['D0', 'alpha']);
    const [a, b, , d] = [...covariance!] as [number, number, number, number];
    contours.forEach(({ points, reason }, k) => {
      expect(reason).toBeNull();
      for (let p = 0; p < points.length; p += 2) {
        const [x, y] = [points[p]! - estimate[0], points[p + 1]! - estimate[1]];
        const distance = Math.sqrt((d * x * x - 2 * b * x * y + a * y * y) / (a * d - b * b));
        expect(Math.abs(distance / ROOTS_OF_TWO[k]! - 1)).toBeLessThan(0.03);
      }
    });
  });
});

test('in a skewed problem the ratio at each limit is that of a plain search over the others', async () => {
  const problem = skewed([['D_offset']]);
  const outcome = await fitTwoTime(problem);
  const profile = profileOf(outcome, 'D_offset');
  const [low, high] = distances(profile).slice(2) as [number, number];
  expect(low / -high).toBeGreaterThan(1.5);
  const cost = plainCost(problem);
  const best = cost(Object.fromEntries(outcome.parameters.map(({ name, value }) => [name, value])));
  const variance = best / (outcome.cost.points - 5);
  const { lower, upper } = profile.intervals[1]!;
  for (const { value } of [lower, upper]) {
    const search = lowest(
      (logD0) => lowest((alpha) => cost({ D0: Math.exp(logD0), alpha, D_offset: value! }), -2, 0),
      Math.log(9000),
      Math.log(30000),
    );
    expect((profile.scale! * (search - best)) / variance).toBeCloseTo(ROOTS_OF_ONE[1] ** 2, 2);
  }
});

/** Σr² at the best contrast and offset. */
function plainCost({ model, sweeps }: FitProblem): (values: Record<string, number>) => number {
  const data = Float64Array.from(valuesOf(sweeps.data));
  return (values) => {
    const m = sweeps.shape(model.physics(values), 0);
    const n = data.length;
    let [sm, sy, smm, smy, syy] = [0, 0, 0, 0, 0];
    for (let k = 0; k < n; k++) {
      const [x, y] = [m[k]!, data[k]!];
      sm += x;
      sy += y;
      smm += x * x;
      smy += x * y;
      syy += y * y;
    }
    return syy - (sy * sy) / n - (smy - (sm * sy) / n) ** 2 / (smm - (sm * sm) / n);
  };
}

/** The lowest value of a function with one minimum, by golden sections. */
function lowest(of: (x: number) => number, from: number, to: number): number {
  const share = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [from, to];
  let [c, d] = [b - share * (b - a), a + share * (b - a)];
  let [low, high] = [of(c), of(d)];
  for (let k = 0; k < 36; k++) {
    if (low < high) {
      [b, d, high] = [d, c, low];
      c = b - share * (b - a);
      low = of(c);
    } else {
      [a, c, low] = [c, d, high];
      d = a + share * (b - a);
      high = of(d);
    }
  }
  return Math.min(low, high);
}

describe('at bounds', () => {
  test('an interval is open on the side on which the ratio does not reach its threshold', async () => {
    const free = profileOf(await fitTwoTime(skewed([['D_offset']])), 'D_offset');
    const bound = Math.round(free.intervals[0]!.lower.value! - 0.2 * free.error!);
    const outcome = await fitTwoTime(skewed([['D_offset']], { D_offset: { bounds: [bound, 1e5], value: 4000 } }));
    const [inner, outer] = profileOf(outcome, 'D_offset').intervals;
    expect(inner!.lower.value).toBeCloseTo(free.intervals[0]!.lower.value!, 0);
    expect(outer!.lower.value).toBeNull();
    expect(outer!.lower.reason).toMatch(
      /^the scaled ratio is 1\.\d+ at the lower bound \d+, below the threshold 3.84$/,
    );
    expect(outer!.upper.value).toBeCloseTo(free.intervals[1]!.upper.value!, 0);
  });

  test('an estimate at a bound has limits on the other side only', async () => {
    const outcome = await fitTwoTime(
      skewed([['D_offset'], ['alpha']], { D_offset: { bounds: [5000, 1e5], value: 5200 } }),
    );
    expect(outcome.parameters.find(({ name }) => name === 'D_offset')!.atBound).toBe('lower');
    const { intervals } = profileOf(outcome, 'D_offset');
    for (const { lower, upper } of intervals) {
      expect(lower).toMatchObject({ value: null, reason: 'the estimate is at the lower bound 5000' });
      expect(upper.value).toBeGreaterThan(5000);
    }
    const ends = profileOf(outcome, 'alpha').intervals.flatMap(({ lower, upper }) => [lower.note, upper.note]);
    expect(ends).toContain('with D_offset at its lower bound 5000');
  });
});

test('a lower minimum met on the way is told, with its values, and no interval is given', async () => {
  const problem = question([], {}, { ...REQUEST, sigma: 0.01 });
  const best = await fitTwoTime(problem);
  const free = freeParameters(problem.parameters);
  const groups = scalingGroups(problem.scaling, problem.model.phi);
  const level = buildLevels(problem).at(-1)!;
  const objective = { level, groups, system: coordinateSystem(problem.model, free), weight: Float64Array.of(1) };
  const elsewhere = Float64Array.from(best.parameters, ({ name, value, uncertainty }) =>
    name === 'D0' ? value + 3 * uncertainty.independent! : value,
  );
  const scaling = { contrast: Float64Array.of(0.2), offset: Float64Array.of(1) };
  const rough = await linearise(objective, elsewhere, scaling, {});
  const minimum = await linearise(objective, elsewhere, rough.best, {});
  const estimates = await estimateErrors(objective, minimum, problem.model, null, {});
  using work = new FitWork({ objectives: [objective], starts: 1, later: 0, keeping: null }, {});
  const asked = { objective, level: objective, minimum, estimates, targets: [['D0'], ['D0', 'alpha']] };
  const { profiles, warnings } = await fitProfiles(asked, work, {});
  expect(warnings.map(({ code }) => code)).toEqual(['lower-minimum']);
  for (const { name, value } of best.parameters) {
    const told = Number(new RegExp(`${name} (\\S+?)[,;]`).exec(warnings[0]!.text)![1]);
    expect(Math.abs(told / value - 1)).toBeLessThan(1e-3);
  }
  for (const { lower, upper } of profiles.parameters[0]!.intervals) {
    for (const { value, reason } of [lower, upper]) {
      expect(value).toBeNull();
      expect(reason).toMatch(/^a lower minimum was found/);
    }
  }
  expect(profiles.pairs[0]!.contours.map(({ points }) => points.length)).toEqual([0, 0]);
});

test('parameters that are not free are refused, naming those that are', async () => {
  await expect(fitTwoTime(question([['alpha']], { alpha: { vary: false } }))).rejects.toThrow(
    'alpha is not a free parameter, so it has no profile',
  );
  await expect(fitTwoTime(question([['beta']]))).rejects.toMatchObject({
    help: 'free parameters: D0, alpha, D_offset',
  });
});

test('with speckle weights the profile is that of the weighted cost', async () => {
  const problem = skewed([['alpha']]);
  const outcome = await fitTwoTime({ ...problem, options: { ...problem.options, weights: 'speckle' } });
  expect(outcome.weights.used).toBe('speckle');
  const profile = profileOf(outcome, 'alpha');
  expect(profile.estimate).toBeCloseTo(outcome.parameters[1]!.value, 10);
  expect(profile.error).toBe(outcome.parameters[1]!.uncertainty.speckle);
  expect(profile.intervals[1]!.lower.value).toBeLessThan(profile.estimate);
});

test('stopped among its profiles and resumed, a fit does not follow finished walks again and ends the same', async () => {
  const problem = skewed([['D0'], ['alpha']]);
  const whole = await fitTwoTime(problem);
  const saved: FitCheckpoint[] = [];
  const stop = new AbortController();
  const base = { data: 'data', program: 'program' };
  const stopped = await fitTwoTime(
    problem,
    { signal: stop.signal, progress: () => saved.length > 0 && walksIn(saved.at(-1)!) > 0 && stop.abort() },
    { ...base, save: (checkpoint) => saved.push(JSON.parse(JSON.stringify(checkpoint)) as FitCheckpoint) },
  );
  const checkpoint = saved.at(-1)!;
  if (stopped.status === 'cancelled') expect(stopped.profiles!.reason).toBe('stopped before they were done');
  const before = problem.sweeps.count;
  const resumed = await fitTwoTime(problem, {}, { ...base, resumeFrom: checkpoint, save: () => {} });
  expect(resumed).toEqual(whole);
  expect(walksIn(checkpoint)).toBeGreaterThan(0);
  expect(problem.sweeps.count - before).toBeLessThan(whole.solver.fullSweeps);
});

/** Walks of profiles that a checkpoint holds: searches over all data after the last descent. */
function walksIn({ pieces }: FitCheckpoint): number {
  const last = pieces.findLastIndex(({ kind }) => kind === 'descent');
  return last < 0 ? 0 : pieces.slice(last + 1).filter(({ kind }) => kind === 'points').length;
}

test('on simulated speckle, limits at 95 % hold the truth', async () => {
  const one: CoverageCase = {
    ...{ dynamics: 'fast', contrast: 0.2, speckles: 1000, noise: 'comparable' },
    ...{ frames: 80, sets: 20, seed: 7 },
  };
  const { truth } = DYNAMICS['fast']!;
  let held = 0;
  for (let set = 0; set < one.sets; set++) {
    const { profiles } = await fitSet(one, set, { profile: [['D0'], ['alpha'], ['D_offset']] });
    for (const { name, intervals } of profiles!.parameters) {
      const { lower, upper } = intervals[1]!;
      if ((lower.value ?? -Infinity) <= truth[name]! && truth[name]! <= (upper.value ?? Infinity)) held += 1;
    }
  }
  expect(held / (3 * one.sets)).toBeGreaterThan(0.88);
});
