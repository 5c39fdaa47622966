/** Simulation-based calibration of the posterior: 200 data sets per mode, ranks of the truth uniform. */
import { expect, test } from 'vitest';
import type { Mode } from '../../src/model/index.ts';
import { calibrate, rankChiSquared, type Calibrated } from '../bayes/calibration.ts';

const DATA_SETS = 200;
/** Quantiles of χ² with 9 degrees of freedom at 1 − 0.01/parameters. */
const LIMITS: Readonly<Record<Mode, number>> = { static: 24.69, laminar_flow: 26.94 };

test.each(['static', 'laminar_flow'] as const)('ranks of the truth are uniform: %s', async (mode) => {
  const sets: Calibrated[] = [];
  for (let index = 0; index < DATA_SETS; index++) sets.push(await calibrate(mode, index));
  for (const name of Object.keys(sets[0]!.ranks)) {
    const ranks = sets.map((set) => set.ranks[name]!);
    expect(rankChiSquared(ranks), `χ² of the ranks of ${name}`).toBeLessThan(LIMITS[mode]);
  }
  expect(sets.reduce((sum, { divergences }) => sum + divergences, 0)).toBeLessThan(DATA_SETS);
});
