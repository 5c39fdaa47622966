/** Tasks for the suites of all engines: good ones, slow ones, and every way to fail; their inputs travel anywhere. */
import { closeSync, openSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
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
/** What goes wrong in the first `times` attempts, counted in a folder that every worker sees; the next gives `value`. */
export interface Fault {
  readonly folder: string;
  readonly times: number;
  readonly value: number;
}
export const exitTask: Task<Fault, number> = task('exit');
export const hangTask: Task<Fault, number> = task('hang');
export const exhaustTask: Task<Fault, number> = task('exhaust');
export const trapTask: Task<null, never> = task('trap');
export const cacheTask: Task<null, string | undefined> = task('compileCache');
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
/** Which thread of the process ran it, after so many ms. */
export const threadTask: Task<{ readonly data: DataRef; readonly ms: number; readonly round: number }, number> =
  task('threadOf');
export const missingTask: Task<null, never> = task('nowhere');

export async function threadOf(
  { data, ms }: { readonly data: DataRef; readonly ms: number },
  context: TaskFunctionContext,
): Promise<number> {
  await context.data(data);
  await sleep(ms);
  return threadId;
}

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
  const cause = Object.assign(new Error('read failed'), { code: 'EIO' });
  throw new InputRefused('the file is not whole', { where: { file }, help: 'copy it again', cause });
}

/** Which attempt this is, counted from 1 with one file per attempt. */
function countAttempt(folder: string): number {
  for (let attempt = 1; ; attempt++) {
    try {
      closeSync(openSync(join(folder, String(attempt)), 'wx'));
      return attempt;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

export function exit({ folder, times, value }: Fault): number {
  if (countAttempt(folder) <= times) process.exit(7);
  return value;
}

export function hang({ folder, times, value }: Fault): number {
  if (countAttempt(folder) <= times) loop();
  return value;
}

export function exhaust({ folder, times, value }: Fault): number {
  if (countAttempt(folder) > times) return value;
  const kept: number[][] = [];
  for (;;) kept.push(Array.from({ length: 10_000 }, () => kept.length + 0.5));
}

/** Bodies of functions of a module: one traps, one never ends. */
const BODIES = { trap: [0], loop: [3, 64, 12, 0, 11] } as const;

/** A module that exports one function without arguments. */
export function moduleOf(body: keyof typeof BODIES, name: string): WebAssembly.Module {
  const letters = [...new TextEncoder().encode(name)];
  const code = BODIES[body];
  return new WebAssembly.Module(
    Uint8Array.of(
      ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0],
      ...[7, letters.length + 4, 1, letters.length, ...letters, 0, 0],
      ...[10, code.length + 4, 1, code.length + 2, 0, ...code, 11],
    ),
  );
}

export function trap(): unknown {
  const { f } = new WebAssembly.Instance(moduleOf('trap', 'f')).exports;
  return (f as () => unknown)();
}

export function compileCache(): string | undefined {
  return getCompileCacheDir();
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
