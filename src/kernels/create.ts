/** Sweeps by the compiled kernels in this thread: what a fit uses. */
import { CompiledEngine } from './compiled.ts';
import type { CompiledOptions } from './compiled.ts';
import { SequentialExecutor } from './executor.ts';
import type { CompiledKernels } from './load.ts';
import { instantiateKernels } from './load.ts';
import type { KernelMemory } from './memory.ts';
import type { Sweeps } from './sweep.ts';
import { createSweeps } from './sweeps.ts';
import type { TriangleStack } from './triangles.ts';

/**
 * Sweeps over data whose values are a view of `memory`. Takes a few megabytes of it, now and never again later, which
 * are freed by releasing a mark taken before.
 */
export function createKernelSweeps(
  kernels: CompiledKernels,
  memory: KernelMemory,
  data: TriangleStack,
  options: CompiledOptions = {},
): Sweeps {
  const engine = new CompiledEngine(instantiateKernels(kernels, memory), memory, data, options);
  return createSweeps(new SequentialExecutor(engine));
}
