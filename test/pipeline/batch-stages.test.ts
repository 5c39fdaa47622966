/** Stages beside each other: their order, how far one may be ahead, what they may hold, and how they stop. */
import { describe, expect, it } from 'vitest';
import { runStages, type StageLimits, type Stages } from '../../src/pipeline/batch/stages.ts';
import { Timeline } from '../../src/pipeline/batch/timeline.ts';

interface Job {
  readonly name: string;
  readonly bytes: number;
}

const jobsOf = (count: number, bytes = 1): Job[] => Array.from({ length: count }, (_, k) => ({ name: `${k}`, bytes }));
const turn = (turns: number): Promise<void> =>
  turns === 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(() => resolve(turn(turns - 1))));

interface Watched {
  readonly log: string[];
  /** Most jobs that were loaded and not fitted, fitted and not written; most bytes of jobs under way. */
  ahead: number;
  behind: number;
  bytes: number;
  readonly dropped: string[];
}

/** Stages that take so many turns of the event loop. */
function watched(turns: { load: number; fit: number; write: number }): [Stages<Job, Job, Job>, Watched] {
  const seen: Watched = { log: [], ahead: 0, behind: 0, bytes: 0, dropped: [] };
  const now = { ahead: 0, behind: 0, bytes: 0 };
  const change = (key: 'ahead' | 'behind' | 'bytes', by: number): void => {
    now[key] += by;
    seen[key] = Math.max(seen[key], now[key]);
  };
  const stages: Stages<Job, Job, Job> = {
    bytes: ({ bytes }) => bytes,
    name: ({ name }) => name,
    samples: () => false,
    sample: async (job) => job,
    async load(job) {
      change('bytes', job.bytes);
      change('ahead', 1);
      await turn(turns.load);
      seen.log.push(`load ${job.name}`);
      return job;
    },
    async fit(job) {
      now.ahead -= 1;
      await turn(turns.fit);
      seen.log.push(`fit ${job.name}`);
      return job;
    },
    async write(job) {
      change('behind', 1);
      await turn(turns.write);
      seen.log.push(`write ${job.name}`);
      change('behind', -1);
      change('bytes', -job.bytes);
    },
    async drop(job) {
      seen.dropped.push(job.name);
      now.ahead -= 1;
      change('bytes', -job.bytes);
    },
  };
  return [stages, seen];
}

const LIMITS: StageLimits = { ahead: 2, behind: 2, bytes: 100 };
const never = (): boolean => false;

describe('the stages of a batch', () => {
  it.each([
    ['loading is slow', { load: 9, fit: 2, write: 2 }],
    ['fits are slow', { load: 1, fit: 9, write: 2 }],
    ['writing is slow', { load: 1, fit: 2, write: 9 }],
  ])('take every job through once and in order, none too far ahead, when %s', async (_, turns) => {
    const [stages, seen] = watched(turns);
    await runStages(jobsOf(12), stages, LIMITS, new Timeline(), never);
    for (const stage of ['load', 'fit', 'write']) {
      const order = seen.log.filter((line) => line.startsWith(stage)).map((line) => line.split(' ')[1]);
      expect(order, stage).toEqual(jobsOf(12).map(({ name }) => name));
    }
    expect(seen.ahead).toBeLessThanOrEqual(2);
    expect(seen.behind).toBeLessThanOrEqual(2);
    expect(seen.bytes).toBeGreaterThan(1);
  });

  it('sample one job while the next is fitted, all in order, and keep no fitted job waiting beyond that', async () => {
    const [plain, seen] = watched({ load: 1, fit: 3, write: 2 });
    let [atDesk, fitted] = [0, 0];
    let [mostAtDesk, mostFitted] = [0, 0];
    const fit = plain.fit.bind(plain);
    const stages: Stages<Job, Job, Job> = {
      ...plain,
      samples: ({ name }) => name !== '3',
      async fit(job) {
        const done = await fit(job);
        fitted += 1;
        return done;
      },
      async sample(job) {
        mostAtDesk = Math.max(mostAtDesk, (atDesk += 1));
        const before = fitted;
        await turn(8);
        mostFitted = Math.max(mostFitted, fitted - before);
        seen.log.push(`sample ${job.name}`);
        atDesk -= 1;
        return job.name === '5' ? null : job;
      },
    };
    await runStages(jobsOf(8), stages, LIMITS, new Timeline(), never);
    // Job 3, which is not sampled, passes by.
    expect([mostAtDesk, mostFitted]).toEqual([1, 2]);
    const of = (stage: string): string[] =>
      seen.log.filter((line) => line.startsWith(stage)).map((line) => line.at(-1)!);
    expect(of('sample')).toEqual(['0', '1', '2', '4', '5', '6', '7']);
    expect(of('write').toSorted()).toEqual(['0', '1', '2', '3', '4', '6', '7']);
    const [alone, order] = watched({ load: 1, fit: 1, write: 1 });
    const slow = { ...alone, samples: () => true, sample: async (job: Job) => (order.log.push('sample'), job) };
    await runStages(jobsOf(1), slow, { ...LIMITS, ahead: 0 }, new Timeline(), never);
    expect(order.log).toEqual(['load 0', 'fit 0', 'sample', 'write 0']);
  });

  it('hold no more memory than they may, except for one job that is larger alone', async () => {
    const [stages, seen] = watched({ load: 1, fit: 3, write: 5 });
    await runStages(jobsOf(10, 40), stages, LIMITS, new Timeline(), never);
    expect(seen.bytes).toBe(80);
    const [large, alone] = watched({ load: 1, fit: 3, write: 5 });
    await runStages(jobsOf(4, 1000), large, LIMITS, new Timeline(), never);
    expect(alone.bytes).toBe(1000);
    expect(alone.log).toHaveLength(12);
  });

  it('do one thing at a time without overlap', async () => {
    const [stages, seen] = watched({ load: 2, fit: 2, write: 2 });
    await runStages(jobsOf(3), stages, { ...LIMITS, ahead: 0 }, new Timeline(), never);
    expect(seen.log.slice(0, 6)).toEqual(['load 0', 'fit 0', 'write 0', 'load 1', 'fit 1', 'write 1']);
    expect(seen.bytes).toBe(1);
  });

  it('begin nothing more once stopped, finish what is fitted, give up what is only loaded', async () => {
    const [stages, seen] = watched({ load: 1, fit: 6, write: 6 });
    await runStages(jobsOf(12), stages, LIMITS, new Timeline(), () => seen.log.includes('fit 2'));
    expect(seen.log.filter((line) => line.startsWith('fit'))).toEqual(['fit 0', 'fit 1', 'fit 2']);
    expect(seen.log).toContain('write 2');
    expect(seen.dropped.length).toBeGreaterThan(0);
    expect(seen.log).not.toContain('load 6');
  });

  it('pass over a job that ends on its way', async () => {
    const [stages, seen] = watched({ load: 1, fit: 1, write: 1 });
    const load = stages.load.bind(stages);
    const odd = { ...stages, load: async (job: Job) => (job.name === '1' ? null : await load(job)) };
    await runStages(jobsOf(4), odd, { ...LIMITS, bytes: 1 }, new Timeline(), never);
    expect(seen.log.filter((line) => line.startsWith('write'))).toEqual(['write 0', 'write 2', 'write 3']);
  });

  it('are measured: work, waiting, and time in which none worked', async () => {
    const timeline = new Timeline();
    const [stages] = watched({ load: 1, fit: 1, write: 1 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    const slow = {
      ...stages,
      load: async (job: Job) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return job;
      },
    };
    await runStages(jobsOf(3), slow, LIMITS, timeline, never);
    const { total, load, fitWaited, outside } = timeline.times();
    expect(load).toBeGreaterThan(0.055);
    expect(fitWaited).toBeGreaterThan(0.055);
    expect(outside).toBeGreaterThan(0.025);
    expect(outside).toBeLessThan(total - load + 0.01);
  });
});
