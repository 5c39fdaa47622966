/** The recovery bench with its limits: nearly every fit finds the best minimum, and pulls are standard normal. */
import { expect } from 'vitest';
import { recover, summariseRecovery, type RecoveredFile } from '../../bench/recovery-cases.ts';
import type { Convention, Mode } from '../../src/model/index.ts';

const FILES = 400;
const MUST_REACH = 396;

/** Fit 400 files, started off by up to a factor of three or not at all. */
export async function expectFullRecovery(mode: Mode, convention: Convention): Promise<void> {
  const files: RecoveredFile[] = [];
  for (let index = 0; index < FILES; index++) files.push(await recover(mode, convention, index));
  const { reachedBest, pulls } = summariseRecovery(files);
  expect(reachedBest).toBeGreaterThanOrEqual(MUST_REACH);
  for (const { name, mean, sd } of pulls) {
    expect(Math.abs(mean), `mean pull of ${name}`).toBeLessThan(0.2);
    expect(sd, `standard deviation of the pulls of ${name}`).toBeGreaterThan(0.88);
    expect(sd, `standard deviation of the pulls of ${name}`).toBeLessThan(1.12);
  }
}
