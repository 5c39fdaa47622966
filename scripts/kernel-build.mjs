/** Whether the compiled kernels match their sources, by content; shared by the set-up and the kernel build. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const stateFolder = path.join(root, '.setup');
export const kernelEntry = 'src/kernels/assembly/index.ts';
export const kernelBinary = path.join(root, 'src', 'kernels', 'kernels.wasm');
const stamp = path.join(stateFolder, 'kernels.sha256');

/** Everything that decides the bytes of the binary: sources, compiler options, compiler version. */
export function kernelInputsHash() {
  const sources = path.join(root, 'src', 'kernels', 'assembly');
  const files = readdirSync(sources, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts') || name.endsWith('.json'))
    .sort()
    .map((name) => path.join(sources, name));
  files.push(path.join(root, 'scripts', 'build-kernels.mjs'));
  files.push(path.join(root, 'node_modules', 'assemblyscript', 'package.json'));
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${path.relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return hash.digest('hex');
}

export function kernelsAreCurrent() {
  return existsSync(kernelBinary) && existsSync(stamp) && readFileSync(stamp, 'utf8') === kernelInputsHash();
}

export function markKernelsCurrent() {
  mkdirSync(stateFolder, { recursive: true });
  writeFileSync(stamp, kernelInputsHash());
}
