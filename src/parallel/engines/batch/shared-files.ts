/** Shared data of a driver as files of the work folder, which hosts read once each. */
import { randomBytes } from 'node:crypto';
import { isDataRef, type DataRef, type PlacedData, type SharedArrays } from '../../shared-data.ts';
import { dataFileName, dataMark, writeDataFile } from './data-file.ts';
import type { WorkFolder } from './work-folder.ts';

export class SharedFiles {
  readonly #folder: WorkFolder;
  /** How often data are shared, by digest. */
  readonly #uses = new Map<string, number>();

  constructor(folder: WorkFolder) {
    this.#folder = folder;
  }

  async share(arrays: SharedArrays, digest: string): Promise<PlacedData> {
    const name = dataFileName(digest);
    this.#uses.set(digest, (this.#uses.get(digest) ?? 0) + 1);
    const temporary = this.#folder.file('new', `${name}.${randomBytes(4).toString('hex')}`);
    await writeDataFile(this.#folder.file('data', name), temporary, arrays);
    const release = async (): Promise<void> => {
      const left = (this.#uses.get(digest) ?? 1) - 1;
      if (left > 0) this.#uses.set(digest, left);
      else {
        this.#uses.delete(digest);
        await this.#folder.remove('data', name);
      }
    };
    return { place: { kind: 'cluster-file', name }, release };
  }

  /** Whether every handle of shared data in an input leads to something. */
  has(value: unknown): boolean {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return true;
    if (isDataRef(value)) return this.#uses.has(value.digest);
    return Object.values(value).every((item) => this.has(item));
  }
}

/** The mark of the largest shared data that an input names; undefined where it names none. */
export function markOf(input: unknown): string | undefined {
  const largest = refsIn(input).toSorted((a, b) => lengthOf(b) - lengthOf(a))[0];
  return largest === undefined ? undefined : dataMark(largest.digest);
}

function refsIn(value: unknown): DataRef[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
  return isDataRef(value) ? [value] : Object.values(value).flatMap(refsIn);
}

function lengthOf({ arrays }: DataRef): number {
  return Object.values(arrays).reduce((sum, { length }) => sum + length, 0);
}
