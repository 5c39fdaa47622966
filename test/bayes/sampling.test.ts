/** The whole way from a simulated matrix to a posterior with its verdict, through the compiled kernels. */
import { describe, expect, test } from 'vitest';
import {
  fitAdjustment,
  oneAfterTheOther,
  sampleTwoTime,
  type ChainsSoFar,
  type PosteriorProblem,
  type Provisional,
  type SampledPosterior,
  type SampleOptions,
} from '../../src/bayes/index.ts';
import type { TaskContext } from '../../src/base/task-context.ts';
import { mean } from '../../src/math/index.ts';
import { fitTwoTime } from '../../src/nlsq/index.ts';
import { physicalParameters, type ParameterValues, type Prior } from '../../src/model/index.ts';
import { FLOW_TRUTH, simulatedProblem, STATIC_TRUTH, type Asked, type Simulated } from '../nlsq/simulated.ts';

const STATIC: Simulated = {
  ...{ mode: 'static', frames: 60, q: 0.01, phi: [0, 50], truth: STATIC_TRUTH, sigma: 0.01, seed: 5 },
};
const FLOW: Simulated = {
  ...{ mode: 'laminar_flow', frames: 50, q: 0.0054, truth: FLOW_TRUTH, sigma: 0.006, seed: 6 },
  phi: [-70, -40, -10, 20, 50, 80],
};

interface Question extends Asked {
  readonly priors?: Readonly<Record<string, Prior>>;
}

/** Sample from the truth as origin: where the fit would end, but for a standard error or two. */
function sample(
  request: Simulated,
  options: Partial<SampleOptions> = {},
  question: Question = {},
  context: TaskContext = {},
): Promise<SampledPosterior> {
  const fit = simulatedProblem(request, question);
  const priors = Object.fromEntries(physicalParameters(request.mode).map(({ name, prior }) => [name, prior]));
  const problem: PosteriorProblem = { ...fit, sigma: fit.noise.sigma, priors: { ...priors, ...question.priors } };
  const size = request.phi.length;
  const origin = {
    values: request.truth,
    contrast: new Float64Array(size).fill(0.2),
    offset: new Float64Array(size).fill(1),
  };
  return sampleTwoTime(problem, origin, { seed: 1, ...options }, context);
}

function expectTruth({ summaries }: SampledPosterior, request: Simulated): void {
  const truth: ParameterValues = { ...request.truth };
  for (const { name, mean, sd } of summaries) {
    const expected = name.startsWith('contrast')
      ? 0.2
      : name.startsWith('offset')
        ? 1
        : name.startsWith('sigma')
          ? request.sigma
          : truth[name]!;
    expect(Math.abs(mean - expected)).toBeLessThan(4.5 * sd);
  }
}

describe('a static sample', () => {
  test('is answered by importance sampling, with mode and draws of everything', async () => {
    const stages: Provisional[] = [];
    const sampled = await sample(STATIC, { provisional: (found) => stages.push(found) });
    expect(sampled.method).toBe('psis');
    expect(sampled.verdict).toEqual({ level: 'good', worst: null, findings: [] });
    expect(sampled.chains).toBeNull();
    expect(stages.map(({ importance }) => importance !== null)).toEqual([false, true]);
    expect(sampled.mode!.gradients).toBeLessThan(100);
    expect(sampled.summaries.map(({ name }) => name)).toEqual([
      ...['D0', 'alpha', 'D_offset'],
      ...['contrast[0]', 'contrast[1]', 'offset[0]', 'offset[1]', 'sigma[0]', 'sigma[1]'],
    ]);
    expect(sampled.quantities[0]!.draws[0]).toHaveLength(4000);
    expectTruth(sampled, STATIC);
  });

  test('has the same posterior from chains: means within 0.2 sd, sds within 12 %', async () => {
    const [weights, chains] = [await sample(STATIC), await sample(STATIC, { method: 'nuts' })];
    expect(chains.method).toBe('nuts');
    expect(chains.verdict.level).toBe('good');
    chains.summaries.forEach(({ mean, sd }, k) => {
      expect(Math.abs(mean - weights.summaries[k]!.mean)).toBeLessThan(0.2 * sd);
      expect(Math.abs(sd / weights.summaries[k]!.sd - 1)).toBeLessThan(0.12);
    });
  });
});

describe('an adjusted likelihood', () => {
  test('gives parameters, contrast and offset the covariance of the fit that was asked for', async () => {
    const problem = simulatedProblem(STATIC, { start: STATIC_TRUTH, options: { starts: 1 } });
    const outcome = await fitTwoTime(problem);
    const { independent, names } = outcome.covariance;
    const wide = { ...outcome, covariance: { ...outcome.covariance, speckle: independent.map((value) => 4 * value) } };
    const sampled = await sample(STATIC, { draws: 500, adjustment: fitAdjustment(wide) });
    names.forEach((name, k) => {
      const { sd } = sampled.summaries.find((summary) => summary.name === name)!;
      const wanted = 2 * Math.sqrt(independent[k * (names.length + 1)]!);
      expect(Math.abs(sd / wanted - 1), name).toBeLessThan(0.12);
    });
    const [contrast, offset] = ['contrast[0]', 'offset[0]'].map((name) =>
      Array.from(sampled.quantities.find((quantity) => quantity.name === name)!.draws[0]!),
    );
    const [i, j] = [names.indexOf('contrast[0]'), names.indexOf('offset[0]')];
    const wanted =
      independent[i * names.length + j]! /
      Math.sqrt(independent[i * (names.length + 1)]! * independent[j * (names.length + 1)]!);
    expect(correlation(contrast!, offset!)).toBeCloseTo(wanted, 1);
  });

  test('does so where contrast and offset are held', async () => {
    const held = {
      mode: 'fixed',
      contrast: new Float64Array(2).fill(0.2),
      offset: new Float64Array(2).fill(1),
    } as const;
    const question = { start: STATIC_TRUTH, options: { starts: 1 }, scaling: held };
    const outcome = await fitTwoTime(simulatedProblem(STATIC, question));
    const { independent, names } = outcome.covariance;
    const wide = { ...outcome, covariance: { ...outcome.covariance, speckle: independent.map((value) => 4 * value) } };
    const sampled = await sample(STATIC, { adjustment: fitAdjustment(wide) }, question);
    names.forEach((name, k) => {
      const { sd } = sampled.summaries.find((summary) => summary.name === name)!;
      expect(Math.abs(sd / (2 * Math.sqrt(independent[k * (names.length + 1)]!)) - 1), name).toBeLessThan(0.12);
    });
  });

  test('is refused where the fit has no such error', async () => {
    const outcome = await fitTwoTime(simulatedProblem(STATIC, { start: STATIC_TRUTH, options: { starts: 1 } }));
    const unknown = {
      ...outcome,
      covariance: { ...outcome.covariance, speckle: outcome.covariance.independent.map(() => NaN) },
    };
    expect(() => fitAdjustment(unknown)).toThrow(/no speckle error of a free parameter/);
  });
});

function correlation(x: readonly number[], y: readonly number[]): number {
  const [a, b] = [mean(x), mean(y)];
  const product = (u: readonly number[], c: number, v: readonly number[], d: number): number =>
    u.reduce((sum, value, k) => sum + (value - c) * (v[k]! - d), 0);
  return product(x, a, y, b) / Math.sqrt(product(x, a, x, a) * product(y, b, y, b));
}

describe('a sheared sample', () => {
  test('is sampled by chains until they agree, in few gradients per effective draw', async () => {
    const sampled = await sample(FLOW, { method: 'nuts', proposals: 300 });
    expect(sampled.chains!.stoppedBy).toBe('until');
    expect(sampled.verdict.findings).toEqual([]);
    expect(sampled.warnings).toEqual([]);
    expectTruth(sampled, FLOW);
    const { chains } = sampled.chains!;
    const leapfrogs = chains.flatMap(({ draws }) => draws).reduce((sum, draw) => sum + draw.leapfrogs, 0);
    const least = Math.min(...sampled.summaries.slice(0, 7).map((summary) => summary.chains!.essBulk));
    expect(leapfrogs / least).toBeLessThan(9);
    for (const { chains: found } of sampled.summaries.slice(0, 7)) expect(found!.rHat).toBeLessThan(1.01);
  });

  test('gives the same draws side by side and one after the other', async () => {
    const options = { method: 'nuts', until: null, draws: 20, proposals: 100 } as const;
    const [first, second] = [
      await sample(FLOW, options),
      await sample(FLOW, { ...options, chainMethod: oneAfterTheOther }),
    ];
    expect(second.quantities).toEqual(first.quantities);
    expect(second.chains).toEqual(first.chains);
  });
});

describe('chains taken up from what was kept', () => {
  test.each([
    { what: 'after a good warmup', warmup: 40, again: false },
    // One transition leaves a step that is far too long: the chains diverge, and begin again.
    { what: 'begun again after divergences', warmup: 1, again: true },
  ])('end with the draws they would have had: $what', async ({ warmup, again }) => {
    const request = STATIC;
    const options = { method: 'nuts', until: null, draws: 70, proposals: 100, warmup } as const;
    const kept: string[] = [];
    const whole = await sample(request, { ...options, afterBlock: (far) => void kept.push(JSON.stringify(far)) });
    // The first is before the chains are begun again, if they are.
    for (const text of kept.slice(0, 2)) {
      const resumed = await sample(request, { ...options, resumeFrom: JSON.parse(text) as ChainsSoFar });
      expect(resumed.quantities).toEqual(whole.quantities);
      expect(resumed.chains).toEqual(whole.chains);
      expect(resumed.warnings).toEqual(whole.warnings);
    }
    expect(kept.length).toBe(again ? 3 : 2);
    expect(whole.warnings.map(({ code }) => code).includes('chains-begun-again')).toBe(again);
    if (again) {
      expect(whole.settings.targetAcceptance).toBe(0.9);
      expect(whole.verdict.level).toBe('do-not-report');
      expect(whole.verdict.findings.some(({ text }) => /draws diverged, so parts/.test(text))).toBe(true);
    }
  });
});

describe('a posterior that leans on the bounds', () => {
  const request: Simulated = { ...STATIC, sigma: 0.2, frames: 30 };

  test('or spans decades is sampled parameter by parameter, and says so', async () => {
    const sampled = await sample(request, { draws: 100, proposals: 300 });
    expect(sampled.warnings.map(({ code }) => code)).toContain('rate-wide-open');
    expect(sampled.posterior.coordinates.names[0]).toBe('unbound(D0)');
    const alpha = sampled.quantities.find(({ name }) => name === 'alpha')!;
    for (const chain of alpha.draws)
      for (const value of Array.from(chain)) expect(Math.abs(value)).toBeLessThanOrEqual(2);
  });

  test('with narrow priors is the prior where the data say nothing', async () => {
    const prior: Prior = { kind: 'normal', mean: 0.3, sd: 0.05 };
    const sampled = await sample(
      { ...request, sigma: 3 },
      { method: 'nuts', until: null, draws: 400 },
      {
        priors: { alpha: prior, D0: { kind: 'log-normal', median: 2e4, factor: 1.2 } },
      },
    );
    const alpha = sampled.summaries.find(({ name }) => name === 'alpha')!;
    expect(alpha.mean).toBeCloseTo(0.3, 1);
    expect(Math.abs(alpha.sd / 0.05 - 1)).toBeLessThan(0.15);
  });
});

describe('a prior with an end of its own', () => {
  test('ends the coordinate there: a fit beyond it is moved inside, and nothing is lost at a wall', async () => {
    const settings = { D_offset: { vary: true }, alpha: { vary: false, value: STATIC_TRUTH['alpha']! } };
    const prior: Prior = { kind: 'half-normal', sd: 300 };
    const request = { ...STATIC, truth: { ...STATIC_TRUTH, D_offset: -100 } };
    const sampled = await sample(
      request,
      { method: 'nuts', proposals: 300 },
      { settings, priors: { D_offset: prior } },
    );
    expect(sampled.posterior.coordinates.names).toEqual(['unbound(D0)', 'unbound(D_offset)']);
    expect(sampled.warnings).toEqual([]);
    expect(sampled.verdict.level).toBe('good');
    const ended = sampled.chains!.chains.flatMap(({ divergences }) => divergences).filter(({ draw }) => draw >= 0);
    expect(ended).toEqual([]);
    const offset = sampled.quantities.find(({ name }) => name === 'D_offset')!;
    expect(Math.min(...offset.draws.flatMap((chain) => Array.from(chain)))).toBeGreaterThan(0);
  });
});

describe('what cannot be sampled', () => {
  test('no chains, no draws, no free parameter', async () => {
    await expect(sample(STATIC, { chains: 0 })).rejects.toThrow(/0 chains of 1000 draws are no sample/);
    const fixed = { vary: false, value: 1 };
    const settings = { D0: { ...fixed, value: 19230 }, alpha: { ...fixed, value: -1 }, D_offset: fixed };
    await expect(sample(STATIC, {}, { settings })).rejects.toThrow(/no free parameter/);
  });

  test('a stop before the first draw is a stop; a later one answers with what there is', async () => {
    const early = new AbortController();
    early.abort();
    await expect(sample(STATIC, {}, {}, { signal: early.signal })).rejects.toMatchObject({ tag: 'Cancelled' });
    const late = new AbortController();
    const blocks: number[] = [];
    const sampled = await sample(
      STATIC,
      {
        ...{ method: 'nuts', until: null, proposals: 100 },
        afterBlock: ({ chains }: ChainsSoFar) => {
          blocks.push(chains[0]!.draws.length);
          if (blocks.length === 2) late.abort();
        },
      },
      {},
      { signal: late.signal },
    );
    expect(sampled.chains!.stoppedBy).toBe('signal');
    expect(blocks).toEqual([50, 100]);
    expect(sampled.quantities[0]!.draws[0]).toHaveLength(100);
  });
});
