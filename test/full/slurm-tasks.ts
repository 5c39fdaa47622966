/** Tasks whose jobs are lost under them, and one whose work is kept from one attempt to the next. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Cancelled } from '../../src/base/errors.ts';
import type { Task, TaskFunctionContext } from '../../src/parallel/index.ts';

const task = <Input, Output>(name: string): Task<Input, Output> => ({
  name: `slurm.${name}`,
  version: 1,
  module: import.meta.url,
  export: name,
});

export interface Slow {
  readonly folder: string;
  readonly ms: number;
  readonly value: number;
}

/** Writes who it is as it begins and as it ends; takes its time, and does not look whether it is to stop. */
export const slowTask: Task<Slow, number> = task('slow');
/** Counts to `value` in steps of `ms`, going on from where an earlier attempt was stopped. */
export const countTask: Task<Slow, number> = task('count');

function note(folder: string, word: string): void {
  const { PBS_JOBID, SLURM_ARRAY_JOB_ID, SLURM_ARRAY_TASK_ID, SLURMD_NODENAME } = process.env;
  const element = PBS_JOBID ?? `${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}`;
  appendFileSync(join(folder, 'log'), `${word} ${element} ${SLURMD_NODENAME ?? hostname()} ${process.pid}\n`);
}

export async function slow({ folder, ms, value }: Slow): Promise<number> {
  note(folder, 'begin');
  await new Promise((resolve) => setTimeout(resolve, ms));
  note(folder, 'end');
  return 2 * value;
}

export async function count({ folder, ms, value }: Slow, { signal, progress }: TaskFunctionContext): Promise<number> {
  note(folder, 'begin');
  const file = join(folder, 'count');
  let at = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  const before = at;
  while (at < value) {
    await new Promise((resolve) => setTimeout(resolve, ms));
    at += 1;
    if (signal?.aborted !== true) continue;
    writeFileSync(file, String(at));
    if (at > before) progress?.({ kind: 'checkpoint' });
    throw new Cancelled('stopped on request');
  }
  note(folder, 'end');
  return at;
}
