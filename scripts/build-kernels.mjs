/** Compiles the AssemblyScript kernels to src/kernels/kernels.wasm, if their sources changed. `--force`: in any case. */
import { mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import asc from 'assemblyscript/asc';
import {
  kernelBinary,
  kernelEntry,
  kernelsAreCurrent,
  markKernelsCurrent,
  root,
  stateFolder,
} from './kernel-build.mjs';

/** Memory limits as in src/kernels/memory.ts; strict SIMD only, so that every engine computes the same bits. */
const OPTIONS =
  '--optimizeLevel 3 --shrinkLevel 0 --converge --noAssert --runtime stub --enable simd --enable threads ' +
  '--importMemory --sharedMemory --initialMemory 4 --maximumMemory 65536';

/** Compile beside the final place and rename, so that nobody reads half a file. */
async function build() {
  mkdirSync(stateFolder, { recursive: true });
  const temporary = path.join(stateFolder, `kernels.${process.pid}.wasm`);
  const { error } = await asc.main(
    [kernelEntry, '--baseDir', root, '--outFile', path.relative(root, temporary), ...OPTIONS.split(' ')],
    { stdout: process.stdout, stderr: process.stderr },
  );
  if (error !== null) return 1;
  renameSync(temporary, kernelBinary);
  markKernelsCurrent();
  return 0;
}

if (process.argv.includes('--force') || !kernelsAreCurrent()) process.exitCode = await build();
