/** A fixed tenth of the recovery bench, for one mode and convention; two test files share it and run side by side. */
import { expect } from 'vitest';
import { recover, summariseRecovery, type RecoveredFile } from '../../bench/recovery-cases.ts';
import type { Convention, Mode } from '../../src/model/index.ts';

const FILES = 40;
export const RECOVERY_TIMEOUT = 300_000;

/** 40 simulated files with white noise: every fit converges to the best minimum, and the errors hold. */
export async function expectRecovery(mode: Mode, convention: Convention): Promise<void> {
  const files: RecoveredFile[] = [];
  for (let index = 0; index < FILES; index++) files.push(await recover(mode, convention, index));
  const { reachedBest, converged, nearDegenerate, pulls } = summariseRecovery(files);
  expect(reachedBest).toBe(FILES);
  expect(converged).toBe(FILES);
  expect(nearDegenerate).toBeLessThan(FILES / 3);
  // Four standard errors of the mean and of the standard deviation of that many pulls.
  const used = FILES - nearDegenerate;
  for (const { mean, sd } of pulls) {
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(used));
    expect(Math.abs(sd - 1)).toBeLessThan(4 / Math.sqrt(2 * used));
  }
}
