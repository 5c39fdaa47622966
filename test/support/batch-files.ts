/** Small two-time files of several q rings, made from a formula with white noise, whose fits take a moment; and what a batch left. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeNpz, npzArray } from '../../src/data/index.ts';
import type { BatchRecord, JobRecord } from '../../src/results/index.ts';
import { makeNormal } from './synthetic-fit.ts';

export interface RingsFile {
  /** 1/Å */
  readonly q: readonly number[];
  readonly frames: number;
  /** Å²/s */
  readonly D: number;
  readonly seed: number;
}

const PHI = [0, 60];
const DT = 0.1;

/** Write an NPZ with two angles per ring: c2 = 1 + 0.3 exp(−q² D |t1 − t2|), noise 0.01. */
export async function writeRings(path: string, { q, frames, D, seed }: RingsFile): Promise<void> {
  const normal = makeNormal(seed);
  const size = frames * frames;
  const values = new Float64Array(q.length * PHI.length * size);
  for (const [k, ring] of q.entries()) {
    for (const a of PHI.keys()) {
      const at = (k * PHI.length + a) * size;
      for (let i = 0; i < frames; i++) {
        for (let j = i; j < frames; j++) {
          const c2 = 1 + 0.3 * Math.exp(-ring * ring * D * DT * (j - i)) + 0.01 * normal();
          values[at + i * frames + j] = c2;
          values[at + j * frames + i] = c2;
        }
      }
    }
  }
  const times = Float64Array.from({ length: frames }, (_, k) => k * DT);
  const members = [
    npzArray('wavevector_q_list', Float64Array.from(q.flatMap((ring) => PHI.map(() => ring)))),
    npzArray('phi_angles_list', Float64Array.from(q.flatMap(() => PHI))),
    npzArray('t1', times),
    npzArray('t2', times),
    npzArray('c2_exp', values, [q.length * PHI.length, frames, frames]),
  ];
  const pieces: Uint8Array[] = [];
  for await (const piece of encodeNpz(members)) pieces.push(piece.slice());
  writeFileSync(path, Buffer.concat(pieces));
}

/** A configuration for them: D0 alone is free. */
export const RINGS_CONFIG = `model: static
parameters: { alpha: fixed 0, D_offset: fixed 0 }
fit: { starts: 2 }
output: { figures: false, arrays: false }
`;

/** `batch.json` of a folder. */
export const batchOf = (directory: string): BatchRecord =>
  JSON.parse(readFileSync(join(directory, 'batch.json'), 'utf8')) as BatchRecord;

/** Digest of each job that has a result, by its name. */
export const digestsOf = (directory: string): Record<string, string | undefined> =>
  Object.fromEntries(batchOf(directory).jobs.map(({ name, result }) => [name, result?.digest]));

export const jobOf = (directory: string, name: string): JobRecord => {
  const job = batchOf(directory).jobs.find((one) => one.name === name);
  if (job === undefined) throw new Error(`no job ${name}`);
  return job;
};
