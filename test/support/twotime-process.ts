/** The command as a process of its own, to be stopped and killed. */
import { spawn, type ChildProcess } from 'node:child_process';

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; out: string }>;
}

/** Start `twotime ARGS…` from the sources; standard output is kept. */
export function startTwotime(...args: string[]): Started {
  const child = spawn(process.execPath, ['bin/twotime', ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  return {
    child,
    ended: new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, out }))),
  };
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Until something holds or the process has ended. */
export async function until({ child }: Started, holds: () => boolean): Promise<void> {
  while (!holds() && child.exitCode === null) await sleep(5);
}
