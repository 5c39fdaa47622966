/** Convention homodyne2: the truth is found, and independent errors hold where points are independent. */
import { test } from 'vitest';
import { expectRecovery, RECOVERY_TIMEOUT } from './recovery-expectations.ts';

test.each(['static', 'laminar_flow'] as const)(
  'recovery under white noise: %s',
  { timeout: RECOVERY_TIMEOUT },
  (mode) => expectRecovery(mode, 'homodyne2'),
);
