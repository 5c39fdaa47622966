/** The smallest task there is: what is left of its time is the overhead of a task. */
import type { Task } from '../../src/parallel/index.ts';

export const doubleTask: Task<number, number> = {
  name: 'bench.double',
  version: 1,
  module: import.meta.url,
  export: 'double',
};

export function double(value: number): number {
  return 2 * value;
}
