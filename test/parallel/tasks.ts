/** Tasks for the conformance suite: good ones, slow ones, and every way to fail. */
import { Cancelled, InputRefused } from '../../src/base/errors.ts';
import type { Task, TaskFunctionContext } from '../../src/parallel/index.ts';

const task = <Input, Output>(name: string): Task<Input, Output> => ({
  name: `test.${name}`,
  version: 1,
  module: import.meta.url,
  export: name,
});

export const doubleTask: Task<number, number> = task('double');
export const pauseTask: Task<{ readonly ms: number; readonly value: number }, number> = task('pause');
export const refuseTask: Task<string, never> = task('refuse');
export const exitTask: Task<{ readonly flag: SharedArrayBuffer; readonly deaths: number }, string> = task('exit');
export const loopTask: Task<null, never> = task('loop');
export const functionTask: Task<null, never> = task('giveFunction');
export const sumTask: Task<Float64Array, number> = task('sum');
export const reportTask: Task<null, string> = task('report');
export const missingTask: Task<null, never> = task('nowhere');

export function double(value: number): number {
  return 2 * value;
}

export async function pause(
  { ms, value }: { readonly ms: number; readonly value: number },
  { signal }: TaskFunctionContext,
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new Cancelled('stopped on request'));
    });
  });
  return value;
}

export function refuse(file: string): never {
  throw new InputRefused('the file is not whole', { where: { file }, help: 'copy it again' });
}

/** Ends its thread the first `deaths` times. */
export function exit({ flag, deaths }: { readonly flag: SharedArrayBuffer; readonly deaths: number }): string {
  if (Atomics.add(new Int32Array(flag), 0, 1) < deaths) process.exit(7);
  return 'survived';
}

export function loop(): never {
  for (;;);
}

export function giveFunction(): unknown {
  return () => 1;
}

export function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

export function report(_: null, { progress }: TaskFunctionContext): string {
  progress?.({ kind: 'progress', stage: 'test', done: 1, total: 2 });
  return 'reported';
}
