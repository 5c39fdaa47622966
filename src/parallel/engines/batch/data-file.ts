/** Shared arrays as one file on the shared file system: written once, read once per host into shared memory. */
import { createHash } from 'node:crypto';
import { link, open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Defect, InputRefused } from '../../../base/errors.ts';
import type { NumericArray, SharedArrays } from '../../shared-data.ts';
import { codeOf } from './work-folder.ts';

const MAGIC = 'TTD1';
const BLOCK = 2 ** 24;
const TYPES = { Float32Array, Float64Array, Int32Array, Uint32Array, Uint16Array, Uint8Array } as const;

interface Entry {
  readonly name: string;
  readonly type: keyof typeof TYPES;
  readonly length: number;
}

/** The name of a file for data of this digest. */
export function dataFileName(digest: string): string {
  return createHash('sha256').update(digest).digest('hex').slice(0, 32);
}

/** What stands for data in the names of tasks. */
export function dataMark(digest: string): string {
  return dataFileName(digest).slice(0, 8);
}

/** `TTD1 | u32 header length | header (JSON) | the bytes of each array | sha256`; data that are there already stay. */
export async function writeDataFile(path: string, temporary: string, arrays: SharedArrays): Promise<void> {
  const entries = Object.entries(arrays).map(([name, { constructor, length }]) => ({
    name,
    type: constructor.name,
    length,
  }));
  const header = Buffer.from(JSON.stringify(entries), 'utf8');
  const start = Buffer.alloc(8);
  start.write(MAGIC, 'latin1');
  start.writeUInt32LE(header.length, 4);
  const handle = await open(temporary, 'wx');
  try {
    const hash = createHash('sha256');
    const write = async (bytes: Uint8Array): Promise<void> => {
      hash.update(bytes);
      await handle.writeFile(bytes);
    };
    await write(start);
    await write(header);
    for (const array of Object.values(arrays)) {
      for (let at = 0; at < array.byteLength; at += BLOCK) {
        // Copied: hashing does not read shared memory.
        await write(bytesOf(array, at, Math.min(BLOCK, array.byteLength - at)).slice());
      }
    }
    await handle.writeFile(hash.digest());
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(temporary, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The arrays in shared memory; null when there is no such file. Throws `InputRefused` when it is damaged. */
export async function readDataFile(path: string): Promise<SharedArrays | null> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    const hash = createHash('sha256');
    let at = 0;
    const fill = async (target: Uint8Array): Promise<void> => {
      for (let done = 0; done < target.length;) {
        const { bytesRead } = await handle.read(target, done, Math.min(BLOCK, target.length - done), at);
        if (bytesRead === 0) throw damaged(path);
        hash.update(target.slice(done, done + bytesRead));
        done += bytesRead;
        at += bytesRead;
      }
    };
    const start = Buffer.alloc(8);
    await fill(start);
    if (start.toString('latin1', 0, 4) !== MAGIC) throw damaged(path);
    const header = Buffer.alloc(start.readUInt32LE(4));
    await fill(header);
    const arrays: Record<string, NumericArray> = {};
    for (const { name, type, length } of JSON.parse(header.toString('utf8')) as Entry[]) {
      const make = TYPES[type] as (new (buffer: SharedArrayBuffer) => NumericArray) & {
        readonly BYTES_PER_ELEMENT: number;
      };
      if (make === undefined) throw new Defect(`shared data hold an array of type ${type}`);
      const array = new make(new SharedArrayBuffer(length * make.BYTES_PER_ELEMENT));
      await fill(bytesOf(array, 0, array.byteLength));
      arrays[name] = array;
    }
    const expected = hash.digest();
    const told = Buffer.alloc(expected.length);
    const { bytesRead } = await handle.read(told, 0, told.length, at);
    if (bytesRead !== told.length || !told.equals(expected)) throw damaged(path);
    return arrays;
  } finally {
    await handle.close();
  }
}

function bytesOf(array: NumericArray, at: number, length: number): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset + at, length);
}

function damaged(path: string): InputRefused {
  return new InputRefused('the shared data of a task are damaged', {
    where: { file: path },
    help: 'the file system lost a part of them; run the same command again',
  });
}
