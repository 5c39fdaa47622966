/** The smallest tasks there are: what is left of their time is the overhead of a task, or the way of data. One only waits. */
import type { DataRef, Task, TaskFunctionContext } from '../../src/parallel/index.ts';

export const doubleTask: Task<number, number> = {
  name: 'bench.double',
  version: 1,
  module: import.meta.url,
  export: 'double',
};

export function double(value: number): number {
  return 2 * value;
}

type Values = Readonly<Record<'values', Float64Array>>;

export const lengthTask: Task<DataRef<Values>, number> = {
  name: 'bench.length',
  version: 1,
  module: import.meta.url,
  export: 'lengthOf',
};

export async function lengthOf(ref: DataRef<Values>, { data }: TaskFunctionContext): Promise<number> {
  return (await data(ref)).values.length;
}

export interface Waiting {
  readonly milliseconds: number;
  /** Tells tasks apart. */
  readonly number: number;
}

export const waitTask: Task<Waiting, number> = {
  name: 'bench.wait',
  version: 1,
  module: import.meta.url,
  export: 'wait',
};

export async function wait({ milliseconds, number }: Waiting): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return number;
}
