/** What the choice of a backend looks at, for this process. */
import { availableParallelism } from 'node:os';
import type { Machine } from '../parallel/index.ts';

/** Node asks the system for affinity and the limits of the control group. */
export function thisMachine(): Machine {
  return { cores: availableParallelism(), environment: process.env };
}
