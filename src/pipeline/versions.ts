/** What decides the numbers of a run: this program, its Node, and the bytes of its kernels. */
import { readFileSync } from 'node:fs';
import { InputRefused } from '../base/errors.ts';
import type { CompiledKernels } from '../kernels/index.ts';

/** The version of this package, read from its own package.json. */
export function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof parsed === 'object' && parsed !== null && 'version' in parsed && typeof parsed.version === 'string') {
    return parsed.version;
  }
  throw new InputRefused('the installation is damaged: package.json names no version', {
    help: 'install twotime again',
  });
}

/** Versions for `result.json`; `kernels` is the sha256 of the compiled kernels. */
export function softwareVersions(kernels: CompiledKernels): Record<string, string> {
  return { twotime: packageVersion(), node: process.versions.node, kernels: kernels.hash };
}
