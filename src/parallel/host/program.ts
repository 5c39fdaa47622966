/**
 * Which program this is: what has to be the same in a driver and in every host that works for it, or the bits would not be
 * those of one program.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadKernels } from '../../kernels/index.ts';
import { packageVersion } from './package-version.ts';

export interface Program {
  /** Version of the package. */
  readonly twotime: string;
  /** Of the files of the code, as `hashOfCode`. */
  readonly code: string;
  /** sha256 of the compiled kernels. */
  readonly kernels: string;
  /** That of Node. */
  readonly nodeVersion: string;
}

/** The folder of the code, src/ of a checkout or dist/ of a package. */
const CODE = fileURLToPath(new URL('../..', import.meta.url));
const HEX_DIGITS = 16;

let program: Promise<Program> | null = null;

/** This process, as it found its code when it was first asked. */
export function thisProgram(): Promise<Program> {
  return (program ??= look());
}

async function look(): Promise<Program> {
  const [code, { hash: kernels }] = await Promise.all([hashOfCode(CODE), loadKernels()]);
  return { twotime: packageVersion(), code, kernels, nodeVersion: process.versions.node };
}

/** sha256 over the names and contents of the modules in a folder, hex, 16 characters. */
export async function hashOfCode(folder: string): Promise<string> {
  const names = (await readdir(folder, { recursive: true }))
    .filter((name) => /\.[jt]s$/.test(name) && !name.endsWith('.d.ts'))
    .map((name) => name.replaceAll('\\', '/'))
    .toSorted();
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name))));
  const hash = createHash('sha256');
  names.forEach((name, k) => hash.update(`${name}\n${contents[k]!.length}\n`).update(contents[k]!));
  return hash.digest('hex').slice(0, HEX_DIGITS);
}

/** In what another program differs from this one, in words; null when it is the same. */
export function differenceOf(other: Program, { twotime, code, kernels, nodeVersion }: Program): string | null {
  if (other.twotime !== twotime) return `it is twotime ${other.twotime}, not ${twotime}`;
  if (other.code !== code) return `its code is ${other.code}, not ${code}`;
  if (other.kernels !== kernels) return `its kernels are ${short(other.kernels)}, not ${short(kernels)}`;
  return other.nodeVersion === nodeVersion ? null : `it runs on Node ${other.nodeVersion}, not ${nodeVersion}`;
}

function short(hash: string): string {
  return hash.slice(0, HEX_DIGITS);
}
