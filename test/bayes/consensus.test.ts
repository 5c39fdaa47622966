/** A posterior by consensus from beginning to end: what it says against chains on all data, and that nothing else decides it. */
import { afterAll, describe, expect, test } from 'vitest';
import {
  fitAdjustment,
  planShards,
  pointsOfRows,
  readConsensusCheckpoint,
  sampleByConsensus,
  sampleTwoTime,
  ShardsAtWorkers,
  type AskedShards,
  type ConsensusCheckpoint,
  type ConsensusOptions,
  type PosteriorProblem,
  type SampledByConsensus,
} from '../../src/bayes/index.ts';
import { isTwotimeError } from '../../src/base/errors.ts';
import type { TaskContext } from '../../src/base/task-context.ts';
import { fitTwoTime } from '../../src/nlsq/index.ts';
import { physicalParameters } from '../../src/model/index.ts';
import { instantiateKernels, KernelMemory, loadKernels, pairsOf, rowStart, valuesOf } from '../../src/kernels/index.ts';
import {
  LocalEngine,
  SequentialEngine,
  TaskLost,
  TaskRunner,
  WorkerThreads,
  type ExecutionBackend,
  type TaskOptions,
} from '../../src/parallel/index.ts';
import { kernels as coarse, simulatedData, simulatedProblem, STATIC_TRUTH, type Simulated } from '../nlsq/simulated.ts';

const STATIC: Simulated = {
  ...{ mode: 'static', frames: 40, q: 0.01, phi: [0, 50], truth: STATIC_TRUTH, sigma: 0.003, seed: 5 },
};

const memory = new KernelMemory();
const kernels = await loadKernels();
const sequential = new TaskRunner(
  new SequentialEngine({ memory: memory.memory, kernels: instantiateKernels(kernels, memory) }),
);
const pools: WorkerThreads[] = [];
afterAll(() => Promise.all(pools.map((threads) => threads[Symbol.asyncDispose]())));

function localBackend(workers: number): ExecutionBackend {
  const threads = new WorkerThreads(memory, kernels, workers);
  pools.push(threads);
  return new TaskRunner(new LocalEngine(threads));
}

function problemOf(request: Simulated): PosteriorProblem {
  const fit = simulatedProblem(request);
  const priors = Object.fromEntries(physicalParameters(request.mode).map(({ name, prior }) => [name, prior]));
  return { ...fit, sigma: fit.noise.sigma, priors };
}
const problem = problemOf(STATIC);
const origin = { values: STATIC_TRUTH, contrast: Float64Array.of(0.2, 0.2), offset: Float64Array.of(1, 1) };

/** Fewer draws per shard than usual, to be quick. */
const QUICK = { seed: 1, backend: sequential, shards: 3, shardDraws: 150, shardProposals: 400 } as const;
type Asked = Omit<ConsensusOptions, 'shards'> & AskedShards & { readonly backend: ExecutionBackend };
async function consensusOf(
  asked: PosteriorProblem,
  { backend, shards, strips, ...options }: Asked,
  context: TaskContext = {},
): Promise<SampledByConsensus> {
  await using brought = new ShardsAtWorkers(asked.sweeps.data, { shards, strips }, backend);
  return await sampleByConsensus(asked, origin, { ...options, shards: brought }, context);
}
function consensus(options: Partial<Asked> = {}, context: TaskContext = {}): Promise<SampledByConsensus> {
  return consensusOf(problem, { ...QUICK, ...options }, context);
}
/** Short chains: enough where only their bits matter. */
const SHORT = { chains: 2, shardDraws: 80, warmup: 30, shardProposals: 100, proposals: 100, draws: 30 } as const;

let usual: Promise<SampledByConsensus> | null = null;
const usualOne = (): Promise<SampledByConsensus> => (usual ??= consensus());
let short: Promise<SampledByConsensus> | null = null;
const inOneThread = (): Promise<SampledByConsensus> => (short ??= consensus(SHORT));

describe('a consensus of three shards', () => {
  test('that is accepted is the posterior of chains on all data', async () => {
    const [sampled, chains] = [
      await usualOne(),
      await sampleTwoTime(problem, origin, { seed: 2, method: 'nuts', draws: 500, until: null, proposals: 100 }),
    ];
    expect(sampled.method).toBe('cmc');
    expect(sampled.consensus.accepted).toBe(true);
    expect(sampled.verdict.level).toBe('good');
    expect(sampled.warnings).toEqual([]);
    expect(sampled.summaries.map(({ name }) => name)).toEqual(chains.summaries.map(({ name }) => name));
    sampled.summaries.forEach(({ mean, sd, name }, k) => {
      const full = chains.summaries[k]!;
      expect(Math.abs(mean - full.mean), name).toBeLessThan(0.25 * full.sd);
      expect(Math.abs(sd / full.sd - 1), name).toBeLessThan(0.1);
    });
  });

  test('tells what became of each shard', async () => {
    const told: string[] = [];
    const { consensus: report } = await consensus(SHORT, {
      progress: (event) => void (event.kind === 'progress' && told.push(`${event.stage} ${event.done}/${event.total}`)),
    });
    expect(told.filter((text) => text.startsWith('shards'))).toEqual(['shards 1/3', 'shards 2/3', 'shards 3/3']);
    expect(report).toMatchObject({ strips: 3, pool: true, used: 3, leftOut: 0 });
    expect(report.shards.reduce((sum, { points }) => sum + points, 0)).toBe(2 * ((39 * 38) / 2));
    for (const shard of report.shards) {
      expect(shard).toMatchObject({ leftOut: null, draws: 160, divergent: 0, resumed: false });
      expect(shard.kHat).toBeLessThan(0.7);
      expect(shard.rHat).toBeLessThan(1.05);
      expect(shard.strips).toHaveLength(3);
    }
    // Shards are wider than the posterior by about √3, and the combination is as wide.
    report.combined.stretch.forEach((ratio) => expect(Math.abs(ratio - 1)).toBeLessThan(0.25));
    report.shards.forEach(({ sd }) =>
      sd!.forEach((value, i) => expect(value / report.combined.sd[i]!).toBeGreaterThan(1.3)),
    );
    expect(report.agreement.freedom).toBe(6);
    expect(report.agreement.findings).toEqual([]);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test('leaves out the pairs that are excluded', async () => {
    const values = valuesOf(simulatedData(STATIC));
    for (const at of [3, 4, 40, 700]) values[pairsOf(39) + at] = NaN;
    const stack = { frames: 39, angles: 2, values, excluded: Uint32Array.of(0, 4) };
    const pruned = { ...problem, sweeps: coarse.sweeps(stack) };
    const sampled = await consensusOf(pruned, QUICK);
    expect(sampled.consensus.shards.reduce((sum, { points }) => sum + points, 0)).toBe(2 * pairsOf(39) - 4);
    const whole = await usualOne();
    sampled.consensus.combined.mean.forEach((mean, i) => {
      const { mean: other, sd } = whole.consensus.combined;
      expect(Math.abs(mean - other[i]!)).toBeLessThan(0.5 * sd[i]!);
    });
  });

  test('begins with the largest', async () => {
    const costs: number[] = [];
    await consensus({
      ...SHORT,
      backend: through(sequential, 1, (submit, _, { cost }) => {
        costs.push(cost!);
        return submit();
      }),
    });
    // Shapes, then chains.
    const largestFirst = costs.slice(0, 3).toSorted((a, b) => b - a);
    expect(costs).toEqual([...largestFirst, ...largestFirst]);
  });
});

/** A backend of which every submission is seen, and may be made to fail. */
function through(
  backend: ExecutionBackend,
  workers: number,
  see: (submit: () => Promise<unknown>, shard: number, options: TaskOptions) => Promise<unknown>,
): ExecutionBackend {
  return Object.create(backend, {
    workers: { value: workers },
    share: { value: backend.share.bind(backend) },
    submit: {
      value: (task: never, input: { readonly shard: number }, options: TaskOptions) =>
        see(() => backend.submit(task, input as never, options), input.shard, options),
    },
  }) as ExecutionBackend;
}

describe('few shards', () => {
  test.each([
    { shards: 2, most: 1 },
    { shards: 3, most: 3 },
  ])('are worked on side by side from three on: $shards', async ({ shards, most }) => {
    let [now, peak] = [0, 0];
    const backend = through(sequential, 4, async (submit) => {
      now += 1;
      peak = Math.max(peak, now);
      const answer = await submit();
      now -= 1;
      return answer;
    });
    const { consensus: report } = await consensus({ ...SHORT, shards, backend });
    expect(peak).toBe(most);
    expect(report.pool).toBe(most > 1);
  });

  test('may be one, and say so', async () => {
    const sampled = await consensus({ ...SHORT, shards: undefined });
    expect(sampled.consensus.shards).toHaveLength(1);
    expect(sampled.warnings.map(({ code }) => code)).toEqual(['one-shard']);
    expect(sampled.consensus.agreement).toMatchObject({ freedom: 0, iSquared: 0, probability: 1, findings: [] });
  });
});

describe('the draws of a consensus', () => {
  test.each([1, 2, 7])('are the same on %i workers as in one thread', async (workers) => {
    const expected = await inOneThread();
    await using backend = localBackend(workers);
    const found = await consensus({ ...SHORT, backend });
    expect(found.quantities).toEqual(expected.quantities);
    expect(found.consensus).toEqual(expected.consensus);
  });

  test('are the same when it was stopped after any shard and taken up again', async () => {
    const expected = await inOneThread();
    const stop = new AbortController();
    const kept: string[] = [];
    const stopped = consensus(
      {
        ...SHORT,
        save: (checkpoint) => {
          kept.push(JSON.stringify(checkpoint));
          if (kept.length === 2) stop.abort();
        },
      },
      { signal: stop.signal },
    );
    await expect(stopped).rejects.toMatchObject({ tag: 'Cancelled' });
    expect(kept).toHaveLength(2);
    for (const text of kept) {
      const checkpoint = readConsensusCheckpoint(JSON.parse(text));
      const resumed = await consensus({ ...SHORT, resumeFrom: checkpoint });
      expect(resumed.quantities).toEqual(expected.quantities);
      const again = resumed.consensus.shards.filter((shard) => shard.resumed);
      expect(again).toHaveLength(checkpoint.shards.length);
    }
  });
});

describe('a checkpoint of shards', () => {
  test('is refused when it is damaged, or belongs to another question', async () => {
    const kept: ConsensusCheckpoint[] = [];
    await consensus({ ...SHORT, save: (checkpoint) => void kept.push(checkpoint) });
    const last = kept.at(-1)!;
    expect(() => readConsensusCheckpoint({ ...last, format: 'other' })).toThrow(/its format is "other"/);
    expect(() => readConsensusCheckpoint(null)).toThrow(/it is damaged/);
    const [first, ...others] = last.shards;
    const bent = { ...first!, answer: { ...first!.answer, points: 1 } };
    expect(() => readConsensusCheckpoint({ ...last, shards: [bent, ...others] })).toThrow(/shard 1 is damaged/);
    await expect(consensus({ ...SHORT, seed: 2, resumeFrom: last })).rejects.toThrow(/other data or another question/);
  });
});

describe('shards that are too small', () => {
  test('are refused with a size that would do, and does', async () => {
    const refused: unknown = await consensus({ shards: 9 }).catch((error: unknown) => error);
    if (!isTwotimeError(refused, 'InputRefused')) throw refused;
    expect(refused.message).toMatch(/9 shards of 165 points are too small to be near normal.* about \d+ points/);
    const fitting = Number(/ask for (\d) shards or fewer/.exec(refused.help ?? '')?.[1]);
    expect(fitting).toBeLessThan(9);
    expect((await consensus({ shards: fitting })).consensus.accepted).toBe(true);
  });

  test('are those with next to no points of an angle', async () => {
    await expect(consensus({ ...SHORT, shards: 19 })).rejects.toThrow(
      /19 shards of 78 points .* have no mode of their own/,
    );
  });

  test('are those that see one stretch of time, since a rate bends with age', async () => {
    await expect(consensus({ strips: 1 })).rejects.toThrow(/too small to be near normal/);
  });
});

describe('a shard that is lost', () => {
  test('is left out with a warning; all data are weighed nevertheless', async () => {
    const failing = through(sequential, 1, (submit, shard) => {
      if (shard === 1) throw new TaskLost('sample.shard', ['a', 'b', 'c']);
      return submit();
    });
    const sampled = await consensus({ backend: failing });
    expect(sampled.consensus).toMatchObject({ used: 2, leftOut: 1 });
    expect(sampled.consensus.shards[1]!.leftOut).toMatch(/3 workers were lost/);
    expect(sampled.warnings).toMatchObject([{ code: 'shards-left-out' }]);
    const whole = await usualOne();
    sampled.summaries.slice(0, 3).forEach(({ mean, sd }, k) => {
      expect(Math.abs(mean - whole.summaries[k]!.mean)).toBeLessThan(0.15 * sd);
      expect(Math.abs(sd / whole.summaries[k]!.sd - 1)).toBeLessThan(0.12);
    });
  });
});

describe('shards that do not hold the same parameters', () => {
  test('are told of, with the one that differs', async () => {
    const [data, other] = [STATIC, { ...STATIC, truth: { ...STATIC_TRUTH, D0: 1.2 * STATIC_TRUTH['D0']! } }].map(
      (request) => valuesOf(simulatedData(request)),
    );
    const frames = 39;
    const { shards } = planShards(pointsOfRows(problem.sweeps.data), { shards: 3 });
    for (const { first, end } of shards[1]!) {
      for (let a = 0; a < 2; a++) {
        const [from, to] = [first, end].map((row) => a * pairsOf(frames) + rowStart(frames, row));
        data!.set(other!.subarray(from, to), from);
      }
    }
    const stack = { frames, angles: 2, values: data!, excluded: new Uint32Array(2) };
    const mixed = { ...problem, sweeps: coarse.sweeps(stack) };
    const sampled = await consensusOf(mixed, { ...SHORT, seed: 1, backend: sequential, shards: 3 });
    const { agreement } = sampled.consensus;
    expect(agreement.probability).toBeLessThan(1e-6);
    expect(agreement.findings[0]).toMatch(/most in lnF\(D0\) \(I² = 9\d %\); shard 2 is furthest/);
    expect(sampled.warnings.map(({ code }) => code)).toContain('shards-disagree');
  });
});

describe('an adjusted likelihood', () => {
  test('gives the consensus the covariance of the fit that was asked for', async () => {
    const outcome = await fitTwoTime(simulatedProblem(STATIC, { start: STATIC_TRUTH, options: { starts: 1 } }));
    const { independent, names } = outcome.covariance;
    const wide = { ...outcome, covariance: { ...outcome.covariance, speckle: independent.map((value) => 4 * value) } };
    const sampled = await consensus({ shards: 2, adjustment: fitAdjustment(wide) });
    expect(sampled.consensus.accepted).toBe(true);
    names.forEach((name, k) => {
      const { sd } = sampled.summaries.find((summary) => summary.name === name)!;
      expect(Math.abs(sd / (2 * Math.sqrt(independent[k * (names.length + 1)]!)) - 1), name).toBeLessThan(0.12);
    });
  });
});
