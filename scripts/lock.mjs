/** A lock between processes that work on the same folder: a file that names its holder. */
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 200;

/** The holder's line, or undefined when nobody holds the lock any more. */
function readHolder(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** A holder on this machine that has ended left its lock behind; about other machines nothing is known. */
function hasEnded(holder) {
  const [pid, host] = holder.split(' ');
  if (host !== os.hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Linking a finished file makes the lock appear whole or not at all. */
function tryTake(file, own) {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, own);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft);
  }
}

/** Run `work` while holding the lock; waits for another holder, and says so. */
export async function withLock(file, work) {
  mkdirSync(path.dirname(file), { recursive: true });
  const own = `${process.pid} ${os.hostname()}`;
  let told = false;
  while (!tryTake(file, own)) {
    const holder = readHolder(file);
    if (holder !== undefined && hasEnded(holder)) {
      if (readHolder(file) === holder) rmSync(file, { force: true });
      continue;
    }
    if (!told) {
      process.stderr.write(`waiting for another set-up (process ${holder}); if there is none, delete ${file}\n`);
      told = true;
    }
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
