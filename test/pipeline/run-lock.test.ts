/** The lock of a run directory: one holder, and locks of processes that are gone are taken over. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunLock, type LockClock } from '../../src/pipeline/run-lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twotime-lock-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

const lockFile = (): string => join(folder, 'run.lock');

/** A lock as some process left it, `age` seconds ago. */
function leaveLock(holder: { pid: number; host?: string; process?: string | null }, age = 0): void {
  const content = { host: hostname(), process: null, since: '2026-01-02T03:04:05.000Z', ...holder };
  writeFileSync(lockFile(), `${JSON.stringify(content)}\n`);
  const then = Date.now() / 1000 - age;
  utimesSync(lockFile(), then, then);
}

/** The number of a process that has ended. */
async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.on('exit', resolve));
  return child.pid!;
}

/** A clock that is wrong by so many seconds, and does not wait but tells how long it was to. */
function watching(wrong = 0, meanwhile: (paused: number) => void = () => undefined): LockClock & { paused: number } {
  return {
    paused: 0,
    now: () => Date.now() + 1000 * wrong,
    async pause(milliseconds) {
      this.paused += milliseconds;
      meanwhile(this.paused);
    },
  };
}

describe('the lock of a run directory', () => {
  it('has one holder at a time, who is named to everybody else', async () => {
    const lock = await RunLock.acquire(folder);
    expect(lock.takenOver).toBeNull();
    await expect(RunLock.acquire(folder)).rejects.toMatchObject({
      tag: 'OutputRefused',
      message: expect.stringMatching(`^process ${process.pid} on this machine works on this run since `) as unknown,
      where: { file: folder },
      help: expect.stringContaining(lockFile()) as unknown,
    });
    await expect(RunLock.check(folder)).rejects.toMatchObject({ tag: 'OutputRefused' });
    await lock.release();
    expect(readdirSync(folder)).toEqual([]);
    await RunLock.check(folder);
    const next = await RunLock.acquire(folder);
    await lock.release();
    expect(existsSync(lockFile())).toBe(true);
    await next.release();
  });

  it('is taken over from a process of this machine that is gone, however fresh it is', async () => {
    const pid = await endedProcess();
    leaveLock({ pid });
    const lock = await RunLock.acquire(folder);
    expect(lock.takenOver).toBe(`the lock of process ${pid} on this machine, which is gone, was taken over`);
    expect(readdirSync(folder)).toEqual(['run.lock.2']);
    await lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.runIf(existsSync('/proc/self/stat'))('is taken over from a process whose number another one has now', async () => {
    leaveLock({ pid: process.pid, process: 'an-earlier-start/123' });
    const lock = await RunLock.acquire(folder);
    expect(lock.takenOver).toMatch(/which is gone/);
    await lock.release();
  });

  it('of another machine counts until it was silent for a minute, and while it is watched', async () => {
    leaveLock({ pid: 1, host: 'elsewhere' }, 30);
    await expect(RunLock.acquire(folder, watching())).rejects.toThrow('process 1 on elsewhere works on this run');
    leaveLock({ pid: 1, host: 'elsewhere' }, 90);
    await RunLock.check(folder);
    const clock = watching();
    const lock = await RunLock.acquire(folder, clock);
    expect(lock.takenOver).toMatch(/of process 1 on elsewhere, which gave no sign of life for 9\d s, was taken over/);
    expect(clock.paused).toBeGreaterThanOrEqual(10_000);
    await lock.release();
  });

  it.each([
    ['forward', 3600],
    ['back', -3600],
  ])('of another machine counts when the clock of this one jumped %s and its holder lives', async (_way, seconds) => {
    leaveLock({ pid: 1, host: 'elsewhere' });
    const beats = watching(seconds, (paused) => {
      if (paused === 5000) leaveLock({ pid: 1, host: 'elsewhere' }, -5);
    });
    await expect(RunLock.acquire(folder, beats)).rejects.toThrow('process 1 on elsewhere works on this run');
    expect(beats.paused).toBe(5000);
  });

  it('of another machine is taken over when its holder is gone, though it bears a time to come', async () => {
    leaveLock({ pid: 1, host: 'elsewhere' });
    const lock = await RunLock.acquire(folder, watching(-3600));
    expect(lock.takenOver).toMatch(/which gave no sign of life for 12 s, was taken over/);
    await lock.release();
  });

  it('without content is that of a process that ended while it made it', async () => {
    writeFileSync(lockFile(), '');
    const lock = await RunLock.acquire(folder);
    expect(lock.takenOver).toMatch(/names no process/);
    await lock.release();
  });

  it('is taken over by exactly one of many', async () => {
    leaveLock({ pid: await endedProcess() });
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => RunLock.acquire(folder)));
    const held = tries.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
    expect(held).toHaveLength(1);
    expect(readdirSync(folder)).toHaveLength(1);
    await held[0]!.release();
  });

  it('shows that its holder lives, under the new name of a folder too', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const lock = await RunLock.acquire(folder);
    const moved = `${folder}-moved`;
    renameSync(folder, moved);
    lock.movedTo(moved);
    utimesSync(join(moved, 'run.lock'), 1, 1);
    vi.advanceTimersByTime(6000);
    await vi.waitFor(() => expect(Date.now() - statSync(join(moved, 'run.lock')).mtimeMs).toBeLessThan(60_000));
    renameSync(moved, folder);
    lock.movedTo(folder);
    await lock.release();
  });

  it('tells its holder when somebody else has taken it over', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const lock = await RunLock.acquire(folder);
    renameSync(lockFile(), `${lockFile()}.2`);
    expect(lock.lost.aborted).toBe(false);
    vi.advanceTimersByTime(6000);
    await vi.waitFor(() => expect(lock.lost.aborted).toBe(true));
    await lock.release();
    expect(readdirSync(folder)).toEqual(['run.lock.2']);
  });
});
