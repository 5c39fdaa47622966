/** Which tests run, and how: `npm test` leaves out test/full, `npm run test:full` (mode `full`) includes it. */
import { availableParallelism } from 'node:os';
import type { ViteUserConfig } from 'vitest/config';
import { FullResultReporter } from './test/support/full-result-reporter.ts';
import { SummaryReporter } from './test/support/summary-reporter.ts';

export default ({ mode }: { mode: string }): ViteUserConfig => {
  const full = mode === 'full' || process.env['TWOTIME_FULL'] === '1';
  return {
    test: {
      environment: 'node',
      include: ['test/**/*.test.ts'],
      exclude: full ? [] : ['test/full/**'],
      env: full ? { TWOTIME_FULL: '1' } : {},
      pool: 'forks',
      maxWorkers: Math.min(availableParallelism(), 8),
      testTimeout: full ? 1_800_000 : 60_000,
      hookTimeout: 120_000,
      reporters: full ? [new FullResultReporter(), new SummaryReporter()] : [new SummaryReporter()],
    },
  };
};
