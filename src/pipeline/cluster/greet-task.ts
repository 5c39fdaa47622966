/** A task that does nothing: shows which jobs are there, and what a round of tasks costs in which nothing is computed. */
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { Task, TaskFunctionContext } from '../../parallel/index.ts';

export interface Greeting {
  /** Unlike that of every other task of the same work: what is asked twice is not done again. */
  readonly number: number;
  /** ms. */
  readonly wait: number;
}

/** Gives the name of the process. */
export const greetTask: Task<Greeting, string> = {
  name: 'cluster.greet',
  version: 1,
  module: import.meta.url,
  export: 'greet',
};

export async function greet({ wait }: Greeting, { signal }: TaskFunctionContext): Promise<string> {
  if (wait > 0) await setTimeout(wait, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  return `${hostname()} ${process.pid}`;
}
