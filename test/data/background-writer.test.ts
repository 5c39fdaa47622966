/** The background writer: bounded, in order, and plain about what failed. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackgroundWriter } from '../../src/data/index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twotime-writer-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
const text = (name: string): string => readFileSync(at(name), 'utf8');

/** A content that is made when the test says so. */
function held(): { content: () => Promise<string>; begun: () => boolean; release: (failure?: Error) => void } {
  const gate = Promise.withResolvers<string>();
  let begun = false;
  return {
    content: () => {
      begun = true;
      return gate.promise;
    },
    begun: () => begun,
    release: (failure) => (failure === undefined ? gate.resolve('late') : gate.reject(failure)),
  };
}

/** Whether a promise has resolved, after everything that can happen at once has happened. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  await new Promise((resolve) => setTimeout(resolve, 20));
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

describe('the background writer', () => {
  it('writes text, bytes, streams and what is made in its turn', async () => {
    const files = new BackgroundWriter({ atOnce: 2, bytes: 1e6 }).group();
    await files.put({ path: at('text'), content: 'µ' });
    await files.put({ path: at('bytes'), content: Uint8Array.of(97, 98) });
    await files.put({
      path: at('stream'),
      content: async function* () {
        yield Uint8Array.of(99);
        await new Promise((resolve) => setImmediate(resolve));
        yield Uint8Array.of(100);
      },
    });
    await files.put({ path: at('deep/folder/made'), content: async () => Promise.resolve('made') });
    await files.written();
    expect(['text', 'bytes', 'stream', 'deep/folder/made'].map(text)).toEqual(['µ', 'ab', 'cd', 'made']);
  });

  it('makes no more files at once than it may, and begins them in the order they were put', async () => {
    const writer = new BackgroundWriter({ atOnce: 2, bytes: 1e6 });
    const groups = [writer.group(), writer.group()];
    let running = 0;
    let most = 0;
    const begun: number[] = [];
    for (let k = 0; k < 9; k++) {
      await groups[k % 2]!.put({
        path: at(`file-${k}`),
        content: async () => {
          begun.push(k);
          most = Math.max(most, ++running);
          await new Promise((resolve) => setTimeout(resolve, 5 + ((k * 7) % 11)));
          running--;
          return String(k);
        },
      });
    }
    await Promise.all(groups.map((group) => group.written()));
    expect(most).toBe(2);
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(readdirSync(folder)).toHaveLength(9);
  });

  it('makes whoever puts files wait while it holds too many bytes, and takes one that is larger than its room', async () => {
    const files = new BackgroundWriter({ atOnce: 1, bytes: 100 }).group();
    const [first, second] = [held(), held()];
    await files.put({ path: at('first'), content: first.content, bytes: 60 });
    await files.put({ path: at('beside'), content: 'x'.repeat(40) });
    const waiting = files.put({ path: at('second'), content: second.content, bytes: 500 });
    expect(await isSettled(waiting)).toBe(false);
    first.release();
    await waiting;
    const behind = files.put({ path: at('last'), content: 'x' });
    expect(await isSettled(behind)).toBe(false);
    expect(second.begun()).toBe(true);
    second.release();
    await behind;
    await files.written();
    expect(readdirSync(folder)).toHaveLength(4);
  });

  it('tells the failure of the first file put, whichever failed first, and begins no more of its group', async () => {
    mkdirSync(at('blocked/inside'), { recursive: true });
    const writer = new BackgroundWriter({ atOnce: 2, bytes: 1e6 });
    const [failing, other] = [writer.group(), writer.group()];
    const slow = held();
    await failing.put({ path: at('slow'), content: slow.content });
    await failing.put({ path: at('blocked'), content: 'a folder is in the way' });
    await failing.put({ path: at('never'), content: 'not begun' });
    await other.put({ path: at('other'), content: 'of another run' });
    await other.written();
    expect(failing.stopped).toBe(true);
    slow.release(new Error('the drawing broke'));
    await expect(failing.written()).rejects.toMatchObject({
      tag: 'OutputFailed',
      message: 'the file cannot be made: the drawing broke',
      where: { file: at('slow') },
    });
    expect(readdirSync(folder).sort()).toEqual(['blocked', 'other']);
  });

  it('names the file that cannot be written', async () => {
    mkdirSync(at('blocked/inside'), { recursive: true });
    const files = new BackgroundWriter({ atOnce: 1, bytes: 1e6 }).group();
    await files.put({ path: at('fine'), content: 'fine' });
    await files.put({ path: at('blocked'), content: 'a folder is in the way' });
    await expect(files.written()).rejects.toMatchObject({ tag: 'OutputFailed', where: { file: at('blocked') } });
    expect(readdirSync(folder).sort()).toEqual(['blocked', 'fine']);
  });

  it('leaves out what has not begun when it is asked to stop, and waits for what has', async () => {
    const stop = new AbortController();
    const writer = new BackgroundWriter({ atOnce: 1, bytes: 100 });
    const first = held();
    {
      await using files = writer.group(stop.signal);
      await files.put({ path: at('first'), content: first.content, bytes: 100 });
      const waiting = files.put({ path: at('second'), content: 'x' });
      stop.abort('SIGINT');
      const written = files.written();
      expect(await isSettled(written.catch(() => null))).toBe(false);
      first.release();
      await waiting;
      await expect(written).rejects.toMatchObject({ tag: 'Cancelled' });
    }
    expect(readdirSync(folder)).toEqual(['first']);
  });

  it('breaks off a file that is streamed when it is asked to stop', async () => {
    const stop = new AbortController();
    const files = new BackgroundWriter({ atOnce: 1, bytes: 100 }).group(stop.signal);
    let pieces = 0;
    await files.put({
      path: at('endless'),
      content: function* () {
        for (;;) {
          if (++pieces === 10) stop.abort('SIGINT');
          yield Uint8Array.of(pieces);
        }
      },
    });
    await expect(files.written()).rejects.toMatchObject({ tag: 'Cancelled' });
    expect(pieces).toBe(10);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('tells what failed, not what was broken off because of it', async () => {
    mkdirSync(at('blocked/inside'), { recursive: true });
    const files = new BackgroundWriter({ atOnce: 2, bytes: 100 }).group();
    await files.put({
      path: at('endless'),
      content: async function* () {
        for (;;) {
          await new Promise((resolve) => setImmediate(resolve));
          yield Uint8Array.of(0);
        }
      },
    });
    await files.put({ path: at('blocked'), content: 'a folder is in the way' });
    await expect(files.written()).rejects.toMatchObject({ tag: 'OutputFailed', where: { file: at('blocked') } });
    expect(readdirSync(folder)).toEqual(['blocked']);
  });

  it('is at rest once a group is disposed of, without an error', async () => {
    const writer = new BackgroundWriter({ atOnce: 1, bytes: 100 });
    const slow = held();
    const files = writer.group();
    await files.put({ path: at('slow'), content: slow.content, bytes: 10 });
    await files.put({ path: at('left-out'), content: 'x' });
    const disposed = files[Symbol.asyncDispose]();
    expect(await isSettled(disposed)).toBe(false);
    slow.release(new Error('nobody asks any more'));
    await disposed;
    expect(readdirSync(folder)).toEqual([]);
  });
});
