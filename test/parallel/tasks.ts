/** Tasks for the conformance suite: good ones, slow ones, and every way to fail. */
import { Cancelled, InputRefused } from '../../src/base/errors.ts';
import type { DataRef, Task, TaskFunctionContext } from '../../src/parallel/index.ts';

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
interface Numbers extends Record<string, Float64Array | Uint32Array> {
  readonly numbers: Float64Array;
  readonly counts: Uint32Array;
}
export const sumOfSharedTask: Task<{ readonly data: DataRef<Numbers>; readonly first: number }, number> =
  task('sumOfShared');
interface Halves extends Record<string, Float32Array> {
  readonly before: Float32Array;
  readonly after: Float32Array;
}
type Told = Record<'before' | 'after', readonly [address: number, first: number]>;
export const addressOfSharedTask: Task<DataRef<Halves>, Told> = task('addressOfShared');
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

/** The sum of the counts, and of the numbers from `first` on. */
export async function sumOfShared(
  { data, first }: { readonly data: DataRef<Numbers>; readonly first: number },
  context: TaskFunctionContext,
): Promise<number> {
  const { numbers, counts } = await context.data(data);
  return numbers.slice(first).reduce((a, b) => a + b, 0) + counts.reduce((a, b) => a + b, 0);
}

/** Where the data lie in the kernel memory, and the first number there. */
export async function addressOfShared(ref: DataRef<Halves>, { data, memory }: TaskFunctionContext): Promise<Told> {
  const { before, after } = await data(ref);
  const look = ({ byteOffset }: Float32Array): readonly [number, number] => [
    byteOffset,
    new Float32Array(memory.buffer, byteOffset, 1)[0]!,
  ];
  return { before: look(before), after: look(after) };
}
