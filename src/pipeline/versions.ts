/** What decides the numbers of a run: this program, its Node, and the bytes of its kernels. */
import type { CompiledKernels } from '../kernels/index.ts';
import { packageVersion } from '../parallel/host/package-version.ts';

export { packageVersion };

/** Versions for `result.json`; `kernels` is the sha256 of the compiled kernels. */
export function softwareVersions(kernels: CompiledKernels): Record<string, string> {
  return { twotime: packageVersion(), node: process.versions.node, kernels: kernels.hash };
}
