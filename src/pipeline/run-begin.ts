/**
 * Which run stands in a folder, and whether it has ended: what a driver asks when whoever made the run died before it could
 * tell.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResultRecord } from '../results/index.ts';
import { EVENTS_FILE } from './event-log.ts';
import { isWholeRun } from './run-directory.ts';
import { REQUEST_FILE } from './run-request.ts';

/** Of a run that does not say when it began. */
const UNKNOWN = 'unknown';

/** When the run in a folder began, as it says itself: one that is begun anew has another beginning. Null: there is no run. */
export async function beginOf(run: string): Promise<string | null> {
  if (!(await isThere(join(run, EVENTS_FILE)))) return null;
  // While it is under way the request says it, afterwards the provenance.
  return (await startIn(join(run, REQUEST_FILE))) ?? (await startIn(join(run, 'provenance.json'))) ?? UNKNOWN;
}

/**
 * The result of a run that has ended; null while it has not, or when it is the one that was to be replaced, which began at
 * `replaces`.
 */
export async function finishedRun(run: string, replaces: string | null): Promise<ResultRecord | null> {
  if ((await isThere(join(run, REQUEST_FILE))) || !(await isWholeRun(run))) return null;
  if (replaces !== null && (await beginOf(run)) === replaces) return null;
  return JSON.parse(await readFile(join(run, 'result.json'), 'utf8')) as ResultRecord;
}

async function startIn(file: string): Promise<string | null> {
  try {
    const { started } = JSON.parse(await readFile(file, 'utf8')) as { readonly started?: unknown };
    return typeof started === 'string' ? started : null;
  } catch {
    return null;
  }
}

async function isThere(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}
