/** Convention published: the whole recovery bench, 400 simulated files per mode, with its limits. */
import { test } from 'vitest';
import { expectFullRecovery } from './full-recovery.ts';

test.each(['static', 'laminar_flow'] as const)('recovery of 400 files under white noise: %s', (mode) =>
  expectFullRecovery(mode, 'published'),
);
