/** A fit that notices a stop, wherever that is, says that it was stopped; resumed it ends as one that never was. */
import { beforeAll, describe, expect, test } from 'vitest';
import { isTwotimeError } from '../../src/base/errors.ts';
import { simulateSpeckle } from '../../src/model/index.ts';
import { fitTwoTime, type FitCheckpoint, type FitOptions, type FitOutcome } from '../../src/nlsq/index.ts';
import { simulatedProblem, STATIC_TRUTH } from './simulated.ts';

const FACTS = { data: 'hash of the data', program: 'twotime 0.0.0' };

/** A signal that is aborted from the time on that it is looked at so often. */
function signalAfter(most: number): { readonly signal: AbortSignal; readonly looks: () => number } {
  const stop = new AbortController();
  let looks = 0;
  Object.defineProperty(stop.signal, 'aborted', { get: () => ++looks >= most });
  return { signal: stop.signal, looks: () => looks };
}

/** Options, and the reason for missing errors that some stop near the end leaves. */
const CASES: readonly (readonly [string, Partial<FitOptions>, string | null])[] = [
  ['ordinary weights', {}, 'stopped before errors were estimated'],
  ['weights by lag', { weights: 'lag' }, null],
  ['profiles and speckle weights', { weights: 'speckle', profile: [['alpha']] }, null],
];

describe.each(CASES)('a fit with %s', (_, options, missing) => {
  const problem = simulatedProblem(
    { mode: 'static', frames: 40, q: 0.0237, phi: [0], truth: STATIC_TRUTH, sigma: 0.01, seed: 3 },
    { start: STATIC_TRUTH, options: { starts: 1, ...options } },
  );
  const { data } = problem.sweeps;
  if (!('values' in data)) throw new Error('the data are in memory');
  const physics = problem.model.physics(STATIC_TRUTH);
  data.values.set(simulateSpeckle(physics, { speckles: 500, contrast: 0.2, photons: 4, seed: 1 }).values);
  let whole: FitOutcome;
  let looks: number;

  beforeAll(async () => {
    const counts: number[] = [];
    for (let run = 0; run < 2; run++) {
      const counted = signalAfter(Infinity);
      whole = await fitTwoTime(problem, counted);
      counts.push(counted.looks());
    }
    looks = Math.min(...counts);
  });

  test('uses the weights it was asked for, so that there is something to stop', () => {
    expect(whole.weights.used).toBe(options.weights ?? 'none');
    expect(whole.status).toBe('converged');
  });

  test('stopped anywhere is cancelled and can be resumed', async () => {
    const last = Array.from({ length: 3 }, (_one, k) => looks - k);
    const early = Array.from({ length: 6 }, (_one, k) => Math.ceil(((k + 0.5) * looks) / 6));
    const ordinary = await fitTwoTime({ ...problem, options: { ...problem.options, weights: 'none' } });
    let unweighted = 0;
    const reasons = new Set<string | null>();
    for (const most of [...early, ...last]) {
      const saved: FitCheckpoint[] = [];
      const save = (checkpoint: FitCheckpoint): void => {
        saved.push(JSON.parse(JSON.stringify(checkpoint)) as FitCheckpoint);
      };
      const stop = signalAfter(most);
      const stopped = await fitTwoTime(problem, stop, { ...FACTS, save }).catch((error: unknown) => {
        if (!isTwotimeError(error, 'Cancelled')) throw error;
        return null;
      });
      // How often a signal is looked at depends on the time that work takes.
      if (stop.looks() < most) expect(stopped).toStrictEqual(whole);
      else if (stopped !== null) {
        expect(stopped.status).toBe('cancelled');
        const { uncertainty } = stopped.parameters[0]!;
        if (uncertainty.speckle === null) reasons.add(uncertainty.reason);
        else if (options.weights !== undefined && stopped.weights.used === 'none') {
          expect(stopped.weights.reason).toBe('stopped on request');
          expect(stopped.parameters).toEqual(ordinary.parameters);
          unweighted += 1;
        }
      }
      const resumeFrom = saved.at(-1);
      const again = await fitTwoTime(problem, {}, { ...FACTS, save: () => {}, ...(resumeFrom && { resumeFrom }) });
      expect(again).toStrictEqual(whole);
    }
    expect(reasons).not.toContain(null);
    expect(unweighted > 0).toBe(options.weights !== undefined);
    if (missing !== null) expect([...reasons]).toContain(missing);
  });
});
