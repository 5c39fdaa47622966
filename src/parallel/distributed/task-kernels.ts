/**
 * Kernels for tasks that bring their own data, on a memory that belongs to the thread they run in.
 *
 * The kernel memory of a process is given out by its main thread alone. A task that needs room in it anywhere, on any engine,
 * takes it from a second memory of its thread, and gives it back when it ends.
 */
import {
  type CompiledKernels,
  instantiateKernels,
  type KernelExports,
  KernelMemory,
  type KernelRegion,
  KernelRegions,
  loadKernels,
} from '../../kernels/index.ts';

let opened: Promise<{ readonly kernels: CompiledKernels; readonly regions: KernelRegions }> | null = null;

export interface TaskKernels {
  readonly kernels: KernelExports;
  /** Room of the task; disposing it frees everything in it. */
  readonly region: KernelRegion;
}

export async function openTaskKernels(): Promise<TaskKernels> {
  opened ??= loadKernels().then((kernels) => ({ kernels, regions: new KernelRegions(new KernelMemory()) }));
  const { kernels, regions } = await opened;
  const region = regions.open();
  return { kernels: instantiateKernels(kernels, region), region };
}
