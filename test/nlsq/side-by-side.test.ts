/** Independent work of a fit is asked for at once; when which sweep ends makes no difference to the answer. */
import { describe, expect, test } from 'vitest';
import { isTwotimeError } from '../../src/base/errors.ts';
import { fold, keyFromSeed, uniforms } from '../../src/math/index.ts';
import { fitTwoTime, type FitOutcome, type FitProblem } from '../../src/nlsq/index.ts';
import { FLOW_TRUTH, memory, simulatedProblem, STATIC_TRUTH, type Simulated } from './simulated.ts';
import { watched } from './watched.ts';

const STATIC: Simulated = {
  ...{ mode: 'static', frames: 40, q: 0.01, truth: STATIC_TRUTH, sigma: 0.01, seed: 5 },
  phi: [0, 40],
};
const FLOW: Simulated = {
  ...{ mode: 'laminar_flow', frames: 131, q: 0.0054, truth: FLOW_TRUTH, sigma: 0.02, seed: 7 },
  phi: [-60, 0, 60],
};

/** A fit on a memory that is given back. */
async function fit(request: Simulated, through: (problem: FitProblem) => FitProblem): Promise<FitOutcome> {
  const mark = memory.mark();
  try {
    return await fitTwoTime(through(simulatedProblem(request, { options: { starts: 4 } })));
  } finally {
    memory.release(mark);
  }
}

/** Sweeps that end some turns of the event loop later than they could. */
function delayed(seed: number): (problem: FitProblem) => FitProblem {
  const draws = uniforms(fold(keyFromSeed(21), seed), 20_000);
  let next = 0;
  return (problem) =>
    watched(problem, async (sweep) => {
      let turns = Math.floor(4 * draws[next++ % draws.length]!);
      const result = await sweep();
      while (turns-- > 0) await new Promise((resolve) => setImmediate(resolve));
      return result;
    });
}

describe('sweeps of independent work', () => {
  test.each([STATIC, FLOW])('may end in any order: the outcome is the same to the bit ($mode)', async (request) => {
    const plain = await fit(request, (problem) => problem);
    for (let seed = 0; seed < 2; seed++) expect(await fit(request, delayed(seed))).toStrictEqual(plain);
  });

  test('are asked for at once, but never more than a few dozen', async () => {
    let running = 0;
    let most = 0;
    const full = { running: 0, most: 0 };
    await fit(FLOW, (problem) => {
      const seen = watched(problem, async (sweep) => {
        most = Math.max(most, ++running);
        return sweep().finally(() => (running -= 1));
      });
      const all = watched(seen, async (sweep) => {
        full.most = Math.max(full.most, ++full.running);
        return sweep().finally(() => (full.running -= 1));
      });
      return { ...seen, sweeps: all.sweeps };
    });
    expect(most).toBe(32);
    // Minima climb to all data together, three at most.
    expect(full.most).toBeGreaterThan(1);
    expect(full.most).toBeLessThanOrEqual(3);
  });

  test('are all at rest when a stopped fit returns or throws, at whatever sweep it was stopped', async () => {
    for (const [k, draw] of uniforms(keyFromSeed(22), 25).entries()) {
      const controller = new AbortController();
      const mark = memory.mark();
      let running = 0;
      let begun = 0;
      const stopAt = 1 + Math.floor(draw * 700);
      const late = delayed(k)(simulatedProblem(STATIC));
      const problem = watched(late, (sweep) => {
        running += 1;
        if (++begun === stopAt) controller.abort(new Error('enough'));
        return sweep().finally(() => (running -= 1));
      });
      const outcome = await fitTwoTime(problem, { signal: controller.signal }).catch((error: unknown) => {
        expect(isTwotimeError(error, 'Cancelled')).toBe(true);
        return null;
      });
      expect(running).toBe(0);
      if (outcome !== null && begun >= stopAt) expect(outcome.status).toBe('cancelled');
      memory.release(mark);
    }
  });

  test('are all at rest when one of them fails, and the failure is told', async () => {
    let running = 0;
    let begun = 0;
    const failing = fit(STATIC, (problem) =>
      watched(delayed(1)(problem), (sweep) => {
        running += 1;
        const failed = ++begun === 230;
        return sweep()
          .then((result) => {
            if (failed) throw new Error('the disk is gone');
            return result;
          })
          .finally(() => (running -= 1));
      }),
    );
    await expect(failing).rejects.toThrow('the disk is gone');
    expect(running).toBe(0);
  });
});
