/** Read the two-time matrices of one q ring of a file, to be fitted any number of times. */
import { tmpdir } from 'node:os';
import type { RunEvent } from '../base/events.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { Config } from '../config/index.ts';
import type { Dataset } from '../data/index.ts';
import { KernelMemory, KernelRegions, loadKernels } from '../kernels/index.ts';
import { readInThreads } from '../pipeline/prepare-fit.ts';
import { configure, type Settings } from './settings.ts';

export interface CallOptions {
  /** Aborting stops the work soon; what has no result by then throws `Cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** Told how far the work is; must not throw. */
  readonly progress?: ((event: RunEvent) => void) | undefined;
}

/** Data in memory (or, when larger than `parallel.memory`, in a temporary file) until they are disposed of. */
export interface LoadedDataset extends Dataset, AsyncDisposable {
  /** What they were read with, and are fitted with unless told otherwise. */
  readonly config: Config;
  readonly readSeconds: number;
}

/**
 * A memory that no data set lies in, for the next one: those of a loop over files take one memory in all, which garbage
 * collection would leave to gather. A large one is not held back.
 */
let spare: KernelRegions | null = null;
const LARGEST_SPARE = 256e6;

function takeRegions(): KernelRegions {
  const regions = spare ?? new KernelRegions(new KernelMemory());
  spare = null;
  return regions;
}

function giveBack(regions: KernelRegions): void {
  if (regions.memory.memory.buffer.byteLength <= LARGEST_SPARE) spare = regions;
}

/** Where the values lie, of the data sets that are open. */
const places = new WeakMap<Dataset, KernelRegions>();

/**
 * Read the data that the section `data` of the settings asks for. Throws `ConfigRefused`, `InputRefused` or `Cancelled`,
 * and leaves nothing behind.
 */
export async function readDataset(
  file: string,
  settings: Settings | Config,
  { signal, progress }: CallOptions = {},
): Promise<LoadedDataset> {
  const config = configure(settings);
  const context: TaskContext = { signal, progress };
  const began = performance.now();
  const regions = takeRegions();
  using owned = new DisposableStack();
  owned.defer(() => giveBack(regions));
  const memory = owned.use(regions.open());
  const dataset = owned.use(
    await readInThreads({ file, config, memory, kernels: loadKernels(), folder: tmpdir() }, context),
  );
  const kept = owned.move();
  const readSeconds = (performance.now() - began) / 1000;
  const loaded: LoadedDataset = {
    ...dataset,
    config,
    readSeconds,
    [Symbol.asyncDispose]: async () => {
      // Once: the memory is the next one's then.
      if (places.delete(loaded)) kept.dispose();
    },
  };
  places.set(loaded, regions);
  return loaded;
}

/** The memory of an open data set; undefined when it was disposed of. */
export function placeOf(dataset: Dataset): KernelRegions | undefined {
  return places.get(dataset);
}
