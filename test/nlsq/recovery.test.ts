/** A fixed tenth of the recovery bench: 40 simulated files per mode and convention. */
import { describe, expect, test } from 'vitest';
import { recover, summariseRecovery, type RecoveredFile, type RecoverySummary } from '../../bench/recovery-cases.ts';
import type { Convention, Mode } from '../../src/model/index.ts';

const FILES = 40;

async function recoverAll(mode: Mode, convention: Convention): Promise<RecoverySummary> {
  const files: RecoveredFile[] = [];
  for (let index = 0; index < FILES; index++) files.push(await recover(mode, convention, index));
  return summariseRecovery(files);
}

describe.each(['static', 'laminar_flow'] as const)('white noise, %s', (mode) => {
  test.each(['published', 'homodyne2'] as const)(
    '%s: every fit converges to the best minimum, and the errors hold',
    { timeout: 120_000 },
    async (convention) => {
      const { reachedBest, converged, nearDegenerate, pulls } = await recoverAll(mode, convention);
      expect(reachedBest).toBe(FILES);
      expect(converged).toBe(FILES);
      expect(nearDegenerate).toBeLessThan(FILES / 4);
      // Four standard errors of a mean and of a standard deviation of that many pulls.
      const used = FILES - nearDegenerate;
      for (const { mean, sd } of pulls) {
        expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(used));
        expect(Math.abs(sd - 1)).toBeLessThan(4 / Math.sqrt(2 * used));
      }
    },
  );
});
