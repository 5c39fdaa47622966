/**
 * Find and remove what killed processes left in runs and batches. Results are never touched, and neither is a folder in which
 * a process is at work; what is removed is removed under the lock of its folder.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InputRefused, isTwotimeError } from '../base/errors.ts';
import { LEFTOVERS_SCHEMA, type Leftover, type LeftoversRecord } from '../results/index.ts';
import { BATCH_FILE } from './batch/batch-folder.ts';
import { EVENTS_FILE } from './event-log.ts';
import { isWholeRun } from './run-directory.ts';
import { isLockFile, RunLock } from './run-lock.ts';
import { CHECKPOINT_FOLDER } from './run-request.ts';

/** What is left of files: `.NAME.PID.tmp`, and of data put aside: `.twotime-triangles.PID.ID.tmp`. */
const HALF_FILE = /^\..+\.\d+(?:\.[0-9a-f]{8})?\.tmp$/;
/** What is left of run directories: one that was being put together, and one that was to be replaced. */
const HALF_RUN = /^\..+\.new-\d+$/;
const REPLACED = /^\.(.+)\.replaced$/;
/** Outside of runs and batches no lock says who writes a file; what did not change for so long is nobody's. */
const FORGOTTEN_SECONDS = 86_400;

/** A leftover with the folder whose lock keeps others from using it; null where there is none. */
interface Guarded extends Leftover {
  readonly guard: string | null;
}

type InUse = LeftoversRecord['inUse'][number];

interface Found {
  /** By full path, since a folder may be named twice. */
  readonly leftovers: Map<string, Guarded>;
  readonly inUse: Map<string, InUse>;
}

/** Look through folders: runs, batches, or folders of them; `remove` says whether what is found goes. */
export async function collectLeftovers(folders: readonly string[], remove: boolean): Promise<LeftoversRecord> {
  const found: Found = { leftovers: new Map(), inUse: new Map() };
  for (const folder of folders) {
    const isFolder = await stat(folder).then(
      (facts) => facts.isDirectory(),
      () => false,
    );
    const help = 'name runs, batches, or folders with runs in them';
    if (!isFolder) throw new InputRefused('there is no such folder', { where: { file: folder }, help });
    await lookInto(folder, found);
  }
  const leftovers: Leftover[] = [];
  for (const [guard, ones] of Map.groupBy(found.leftovers.values(), (one) => one.guard)) {
    if (remove && !(await removeUnder(guard, ones, found))) continue;
    leftovers.push(...ones.map(({ path, kind, bytes }) => ({ path, kind, bytes })));
  }
  const bytes = leftovers.reduce((sum, one) => sum + one.bytes, 0);
  return { schema: LEFTOVERS_SCHEMA, dryRun: !remove, leftovers, bytes, inUse: [...found.inUse.values()] };
}

/** False when a process came to work there meanwhile. */
async function removeUnder(guard: string | null, leftovers: readonly Leftover[], found: Found): Promise<boolean> {
  let lock: RunLock | null = null;
  try {
    // This takes over, and so removes, the locks of processes that are gone.
    lock = guard === null ? null : await RunLock.acquire(guard);
  } catch (error) {
    if (!isTwotimeError(error, 'OutputRefused') || guard === null) throw error;
    found.inUse.set(resolve(guard), { folder: guard, worker: error.message });
    return false;
  }
  try {
    for (const { path, kind } of leftovers) if (kind !== 'lock') await rm(path, { recursive: true, force: true });
  } finally {
    await lock?.release();
  }
  return true;
}

/** A run, a batch, or a folder; nothing below a run is looked at but what is known to be ours. */
async function lookInto(folder: string, found: Found): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(noneIfGone);
  const names = entries.map(({ name }) => name);
  const worker = await workerOf(folder);
  if (worker !== null) {
    found.inUse.set(resolve(folder), { folder, worker });
    return;
  }
  const isRun = names.includes(EVENTS_FILE);
  const isLocked = isRun || names.includes(BATCH_FILE);
  for (const name of names) {
    const path = join(folder, name);
    if (isLockFile(name)) await add(found, { path, kind: 'lock', guard: folder });
    else if (HALF_FILE.test(name) && (isLocked || (await isForgotten(path)))) {
      await add(found, { path, kind: 'half-file', guard: isLocked ? folder : null });
    }
  }
  if (isRun) await lookIntoRun(folder, names, found);
  else for (const entry of entries) if (entry.isDirectory()) await lookAtFolder(folder, entry.name, found);
}

async function lookIntoRun(run: string, names: readonly string[], found: Found): Promise<void> {
  const isWhole = await isWholeRun(run);
  const checkpoint = join(run, CHECKPOINT_FOLDER);
  if (isWhole && names.includes(CHECKPOINT_FOLDER)) {
    await add(found, { path: checkpoint, kind: 'checkpoint', guard: run });
  }
  for (const folder of isWhole ? [join(run, 'plots')] : [join(run, 'plots'), checkpoint]) {
    const halves = (await namesIn(folder)).filter((name) => HALF_FILE.test(name));
    for (const name of halves) await add(found, { path: join(folder, name), kind: 'half-file', guard: run });
  }
}

/** A folder in one that is no run. */
async function lookAtFolder(folder: string, name: string, found: Found): Promise<void> {
  const path = join(folder, name);
  const replacedBy = REPLACED.exec(name)?.[1];
  if (HALF_RUN.test(name)) {
    if ((await isOurs(path)) && (await workerOf(path)) === null) {
      await add(found, { path, kind: 'half-run', guard: path });
    }
  } else if (replacedBy !== undefined) {
    const inPlace = join(folder, replacedBy);
    // Of a run that is not whole it is what comes back.
    if ((await isOurs(path)) && (await isWholeRun(inPlace)) && (await workerOf(inPlace)) === null) {
      await add(found, { path, kind: 'replaced', guard: inPlace });
    }
  } else if (!name.startsWith('.')) await lookInto(path, found);
}

async function add({ leftovers }: Found, one: Omit<Guarded, 'bytes'>): Promise<void> {
  leftovers.set(resolve(one.path), { ...one, bytes: await bytesOf(one.path) });
}

/** Whether a folder is a run, or was to be one: of one that was killed at once there is a lock at most. */
async function isOurs(folder: string): Promise<boolean> {
  const names = await namesIn(folder);
  return names.includes(EVENTS_FILE) || names.every((name) => isLockFile(name) || HALF_FILE.test(name));
}

async function isForgotten(path: string): Promise<boolean> {
  const facts = await stat(path).catch(() => null);
  return facts !== null && Date.now() - facts.mtimeMs > 1000 * FORGOTTEN_SECONDS;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

/** Who works in a folder, in words; null when nobody does. */
async function workerOf(folder: string): Promise<string | null> {
  try {
    await RunLock.check(folder);
    return null;
  } catch (error) {
    if (isTwotimeError(error, 'OutputRefused')) return error.message;
    noneIfGone(error);
    return null;
  }
}

/** What others remove meanwhile needs no look. */
function noneIfGone(error: unknown): [] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
  throw error;
}

async function bytesOf(path: string): Promise<number> {
  const facts = await stat(path).catch(() => null);
  if (facts?.isDirectory() !== true) return facts?.size ?? 0;
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(noneIfGone);
  let bytes = 0;
  for (const entry of entries) if (entry.isFile()) bytes += await bytesOf(join(entry.parentPath, entry.name));
  return bytes;
}
