/** Checkpoints: a fit that was stopped anywhere and resumed answers to the bit like one that was not. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { Cancelled, isTwotimeError } from '../../src/base/errors.ts';
import type { RunEvent } from '../../src/base/events.ts';
import type { TaskContext } from '../../src/base/task-context.ts';
import { fold, keyFromSeed, uniforms } from '../../src/math/index.ts';
import { fitTwoTime, readFitCheckpoint, type FitCheckpoint, type FitOutcome } from '../../src/nlsq/index.ts';
import { fromPlain, toPlain, type PlainNumber } from '../../src/nlsq/checkpoint.ts';
import { coordinateSystem } from '../../src/nlsq/coordinates.ts';
import { fitIdentity } from '../../src/nlsq/fit-identity.ts';
import { FitWork } from '../../src/nlsq/fit-work.ts';
import { freeParameters } from '../../src/nlsq/free-parameters.ts';
import { buildLevels } from '../../src/nlsq/levels.ts';
import { FLOW_TRUTH, memory, simulatedProblem, STATIC_TRUTH, type Asked, type Simulated } from './simulated.ts';
import { watched } from './watched.ts';

const STATIC: Simulated = {
  ...{ mode: 'static', frames: 50, q: 0.01, truth: STATIC_TRUTH, sigma: 0.004, seed: 5 },
  phi: [0, 40, 80],
};
const FLOW: Simulated = {
  ...{ mode: 'laminar_flow', frames: 131, q: 0.0054, truth: FLOW_TRUTH, sigma: 0.01, seed: 6 },
  phi: [-60, 0, 60],
};
const START = { ...FLOW_TRUTH, D0: 30000, phi0: 12 };
const FACTS = { data: 'hash of the data', program: 'twotime 0.0.0' };

interface Attempt {
  /** Null when stopped before there was any point. */
  readonly outcome: FitOutcome | null;
  /** Whether it was asked to stop. */
  readonly stopped: boolean;
  /** Everything saved, in order, as it comes back from a file. */
  readonly saved: readonly FitCheckpoint[];
  /** Sweeps begun, on any level. */
  readonly sweeps: number;
}

interface Attempted {
  readonly resumeFrom?: FitCheckpoint | undefined;
  /** Stop when this many sweeps have been begun. */
  readonly stopAfter?: number;
  /** Stop when descents have taken this many steps. */
  readonly stopAfterSteps?: number;
}

/** One fit of its own, from data to outcome, that may be stopped and may go on from a checkpoint. */
async function attempt(request: Simulated, asked: Asked, how: Attempted = {}): Promise<Attempt> {
  const mark = memory.mark();
  try {
    const controller = new AbortController();
    let begun = 0;
    const problem = watched(simulatedProblem(request, asked), (sweep) => {
      begun += 1;
      if (begun === how.stopAfter) controller.abort(new Error('enough'));
      return sweep();
    });
    const saved: FitCheckpoint[] = [];
    const save = (checkpoint: FitCheckpoint): void => {
      saved.push(readFitCheckpoint(JSON.parse(JSON.stringify(checkpoint))));
    };
    let steps = 0;
    const progress = (event: RunEvent): void => {
      if (event.kind !== 'iteration' || event.level === 'scan') return;
      steps += 1;
      if (steps === how.stopAfterSteps) controller.abort(new Error('enough'));
    };
    const context: TaskContext = { signal: controller.signal, progress };
    const outcome = await fitTwoTime(problem, context, { ...FACTS, resumeFrom: how.resumeFrom, save }).catch(
      (error: unknown) => {
        if (!isTwotimeError(error, 'Cancelled')) throw error;
        return null;
      },
    );
    return { outcome, stopped: controller.signal.aborted, saved, sweeps: begun };
  } finally {
    memory.release(mark);
  }
}

async function wholeFit(request: Simulated, asked: Asked): Promise<FitOutcome> {
  const mark = memory.mark();
  try {
    return await fitTwoTime(simulatedProblem(request, asked));
  } finally {
    memory.release(mark);
  }
}

const CASES: readonly (readonly [string, Simulated, Asked])[] = [
  ['one level, no start', STATIC, {}],
  ['one level, a start', STATIC, { start: STATIC_TRUTH, scaling: { mode: 'shared' } }],
  ['several levels under flow, no start', FLOW, {}],
  ['several levels under flow, a start', FLOW, { start: START, options: { starts: 4 } }],
  ['a bound in the way', STATIC, { settings: { alpha: { bounds: [-0.9, 2] } } }],
];

describe.each(CASES)('a fit with %s', (_, request, asked) => {
  let whole: FitOutcome;
  let kept: Attempt;

  beforeAll(async () => {
    whole = await wholeFit(request, asked);
    kept = await attempt(request, asked);
  });

  test('has the same outcome when it keeps checkpoints', () => {
    expect(kept.outcome).toStrictEqual(whole);
  });

  test('stopped and resumed again and again on its way down, ends with the same outcome', async () => {
    const draws = uniforms(fold(keyFromSeed(11), request.seed), 400);
    let resumeFrom: FitCheckpoint | undefined;
    let openDescents = 0;
    let ended = false;
    for (const draw of draws) {
      const { outcome, stopped, saved } = await attempt(request, asked, {
        resumeFrom,
        stopAfterSteps: 2 + Math.floor(draw * whole.solver.trace.length * 0.1),
      });
      if (!stopped) {
        expect(outcome).toStrictEqual(whole);
        ended = true;
        break;
      }
      resumeFrom = saved.at(-1) ?? resumeFrom;
      openDescents += resumeFrom?.pieces.filter(({ kind }) => kind === 'open-descent').length ?? 0;
    }
    expect(ended).toBe(true);
    expect(openDescents).toBeGreaterThan(3);
  });

  test('stopped at a random instant and resumed, ends with the same outcome', async () => {
    for (const draw of uniforms(fold(keyFromSeed(13), request.seed), 3)) {
      const stopped = await attempt(request, asked, { stopAfter: 1 + Math.floor(draw * kept.sweeps) });
      const { outcome } = await attempt(request, asked, { resumeFrom: stopped.saved.at(-1) });
      expect(outcome).toStrictEqual(whole);
    }
  });

  test('resumed with any of its pieces finished, ends with the same outcome', async () => {
    const all = kept.saved.at(-1)!;
    for (const [trial, share] of [0.2, 0.6, 0.95].entries()) {
      const draws = uniforms(fold(keyFromSeed(12), trial), all.pieces.length);
      const pieces = all.pieces.filter((__, k) => draws[k]! < share);
      const { outcome } = await attempt(request, asked, { resumeFrom: { ...all, pieces } });
      expect(outcome).toStrictEqual(whole);
    }
  });

  test('does not do finished work again', async () => {
    const again = await attempt(request, asked, { resumeFrom: kept.saved.at(-1) });
    expect(again.outcome).toStrictEqual(whole);
    expect(again.sweeps).toBeLessThan(0.1 * kept.sweeps);
  });
});

describe('a checkpoint', () => {
  test('of a fit stopped on its way down on all data goes on from there', async () => {
    const whole = await attempt(FLOW, {});
    const fullSteps = whole.outcome!.solver.trace.filter(({ level }) => level === 'full').length;
    for (const part of [0.3, 0.8]) {
      const stopAfter = whole.sweeps - Math.ceil((1 - part) * fullSteps);
      const stopped = await attempt(FLOW, {}, { stopAfter });
      const checkpoint = stopped.saved.at(-1)!;
      expect(checkpoint.pieces.some(({ kind }) => kind === 'open-descent')).toBe(true);
      const resumed = await attempt(FLOW, {}, { resumeFrom: checkpoint });
      expect(resumed.outcome).toStrictEqual(whole.outcome);
      // One pass for the step that was stopped, and one to take up each descent.
      const descents = checkpoint.pieces.filter(({ kind }) => kind.endsWith('descent')).length;
      expect(resumed.sweeps).toBeLessThanOrEqual(whole.sweeps - stopAfter + 3 + descents);
    }
  });

  test('keeps every number to the bit, those JSON has none for as well', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        const back = fromPlain(JSON.parse(JSON.stringify(toPlain(value))) as PlainNumber);
        expect(Object.is(back, value)).toBe(true);
      }),
      { seed: 4, examples: [[-0], [NaN], [Infinity], [-Infinity], [5e-324], [Number.MAX_VALUE]] },
    );
  });

  test('holds nothing of what comes after a stop', async () => {
    const mark = memory.mark();
    const saved: FitCheckpoint[] = [];
    const checkpoints = { ...FACTS, save: (checkpoint: FitCheckpoint) => void saved.push(checkpoint) };
    const problem = simulatedProblem(STATIC);
    const system = coordinateSystem(problem.model, freeParameters(problem.parameters));
    const weight = new Float64Array(3).fill(1);
    const objective = { level: buildLevels(problem)[0]!, system, groups: [], weight };
    {
      const keeping = { checkpoints, identity: fitIdentity(problem, checkpoints) };
      using work = new FitWork({ objectives: [objective], starts: 1, later: 0, keeping }, {});
      const none = { objective, run: () => Promise.resolve([]) };
      await work.points([none]);
      const stopped = { objective, run: () => Promise.reject(new Cancelled('stopped on request')) };
      await expect(work.points([stopped, none])).rejects.toThrow('stopped on request');
      await expect(work.points([none])).rejects.toThrow('stopped on request');
    }
    expect(saved.at(-1)!.pieces.map(({ number }) => number)).toEqual([0, 2]);
    memory.release(mark);
  });

  test('of a stopped fit that is resumed and stopped at once loses nothing', async () => {
    const first = await attempt(FLOW, {}, { stopAfter: 600 });
    const kept = first.saved.at(-1)!;
    expect(kept.pieces.length).toBeGreaterThan(3);
    const second = await attempt(FLOW, {}, { resumeFrom: kept, stopAfter: 1 });
    const after = second.saved.at(-1) ?? kept;
    expect(after.pieces).toEqual(expect.arrayContaining([...kept.pieces]));
  });

  test('of another fit is refused, and told by what', async () => {
    const { saved } = await attempt(STATIC, {}, { stopAfter: 300 });
    const checkpoint = saved.at(-1)!;
    const resume = (request: Simulated, asked: Asked, facts = FACTS): Promise<FitOutcome> =>
      fitTwoTime(simulatedProblem(request, asked), {}, { ...facts, resumeFrom: checkpoint, save: () => {} });
    await expect(resume(STATIC, {}, { ...FACTS, data: 'other' })).rejects.toThrow('other values of data');
    await expect(resume(STATIC, {}, { ...FACTS, program: 'twotime 0.0.1' })).rejects.toThrow('values of program');
    await expect(resume(STATIC, { options: { seed: 2 } })).rejects.toThrow('other values of options.seed');
    await expect(resume(STATIC, { start: { D0: 1 } })).rejects.toThrow('other values of parameters.D0.value');
    await expect(resume({ ...STATIC, sigma: 0.005 }, {})).rejects.toThrow('other values of sigma');
    await expect(resume(FLOW, {})).rejects.toThrow(/model\.mode, .* and \d+ more/);
    const error: unknown = await resume(FLOW, {}).catch((reason: unknown) => reason);
    expect(isTwotimeError(error, 'InputRefused')).toBe(true);
  });

  test('of other data under the same name is noticed at the first minimum', async () => {
    const { saved } = await attempt(STATIC, {});
    const refused = attempt({ ...STATIC, seed: 99 }, {}, { resumeFrom: saved.at(-1) });
    await expect(refused).rejects.toThrow('the checkpoint does not fit');
  });

  test('whose pieces are not those of the fit is refused', async () => {
    const { saved } = await attempt(STATIC, {});
    const other = await attempt({ ...STATIC, phi: [0, 40] }, {});
    const mixed = { ...saved.at(-1)!, pieces: other.saved.at(-1)!.pieces };
    await expect(attempt(STATIC, {}, { resumeFrom: mixed })).rejects.toThrow('the checkpoint does not fit');
  });

  test('with any character changed is refused, unless the change means nothing', async () => {
    const { saved } = await attempt(STATIC, { options: { starts: 2 } });
    const checkpoint = saved.at(-1)!;
    const text = JSON.stringify(checkpoint);
    const draws = uniforms(keyFromSeed(3), 1200);
    const characters = '0123456789-+.eE,:[]{}"ntf aN';
    for (let k = 0; k < draws.length; k += 2) {
      const at = Math.floor(draws[k]! * text.length);
      const other = characters[Math.floor(draws[k + 1]! * characters.length)]!;
      const changed = text.slice(0, at) + other + text.slice(at + 1);
      let read: FitCheckpoint;
      try {
        read = readFitCheckpoint(JSON.parse(changed), { file: 'fit.json' });
      } catch (error) {
        if (!(error instanceof SyntaxError)) expect(isTwotimeError(error, 'InputRefused')).toBe(true);
        continue;
      }
      // What is left are changes of the identity, which the fit refuses.
      expect(read.pieces).toStrictEqual(checkpoint.pieces);
    }
  });

  test.each([
    ['nothing', null],
    ['a list', []],
    ['another format', { format: 'twotime-fit-checkpoint/2', identity: {}, pieces: [] }],
    ['no identity', { format: 'twotime-fit-checkpoint/1', pieces: [] }],
    ['a piece without content', { format: 'twotime-fit-checkpoint/1', identity: {}, pieces: [{}] }],
  ])('that is %s is refused with its place', (_, value) => {
    expect(() => readFitCheckpoint(value, { file: 'fit.json' })).toThrow('the checkpoint of the fit cannot be used');
  });
});
