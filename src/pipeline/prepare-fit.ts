/** From a file to a fit that can begin: the data read and checked, the model bound to them, the threads at hand. */
import type { Warning } from '../base/events.ts';
import { throwIfCancelled, type TaskContext } from '../base/task-context.ts';
import { plausibilityWarnings, type Config } from '../config/index.ts';
import type { Dataset } from '../data/dataset.ts';
import { estimateNoise, givenNoise, readDataset, type OpenDataset } from '../data/index.ts';
import { KernelMemory, type CompiledKernels, type KernelRegions } from '../kernels/index.ts';
import { bindModel, physicalParameters, type TwoTimeModel } from '../model/index.ts';
import { validateFit, type FitProblem, type NoiseEstimate } from '../nlsq/index.ts';
import { selectBackend } from '../parallel/index.ts';
import { Compute, type ComputePool } from './compute.ts';
import type { EventLog } from './event-log.ts';
import { folderBeside } from './output-folder.ts';
import { ReadingThreads } from './reading-threads.ts';
import { dataRequest, fitOptions, parameterSettings, scalingChoice, type FitRunRequest } from './requests.ts';
import { thisMachine } from './this-machine.ts';
import { timed } from './timed.ts';

/** Threads and memory of several fits. */
export interface SharedCompute {
  readonly pool: ComputePool;
  readonly regions: KernelRegions;
}

/** Disposing stops the threads, unless they are those of several fits, and gives up the data. */
export interface PreparedFit extends AsyncDisposable {
  readonly dataset: Dataset;
  readonly problem: FitProblem;
  readonly compute: Compute;
  readonly readSeconds: number;
  /** Sweeps that make one round when they are asked for together; absent where there are no rounds. */
  readonly sweepsPerRound?: number;
}

/**
 * Read the data of a fit and prepare it, with threads and memory of its own or, when `shared` is given, within those of
 * several fits. Throws `InputRefused`, `ConfigRefused` or `Cancelled` with nothing written.
 */
export async function prepareFit(
  request: FitRunRequest,
  log: EventLog,
  context: TaskContext,
  shared?: SharedCompute,
): Promise<PreparedFit> {
  const { config } = request;
  const warn = (warning: Warning): void => log.record({ kind: 'warning', warning });
  await using owned = new AsyncDisposableStack();
  const memory = shared === undefined ? new KernelMemory() : owned.use(shared.regions.open());
  const opening =
    shared === undefined
      ? Compute.open(memory, config.parallel, context, warn)
      : Promise.resolve(owned.use(new Compute(shared.pool, memory, context)));
  const kernels = opening.then((compute) => compute.kernels);
  // Awaited below; what is refused before that must not leave their failure unhandled.
  kernels.catch(() => undefined);
  const parallel = shared?.pool.parallel ?? config.parallel;
  const folder = await folderBeside(request.output);
  const [dataset, readSeconds] = await timed('read', log, () =>
    readInThreads({ file: request.file, config: { ...config, parallel }, memory, kernels, folder }, context),
  );
  owned.use(dataset);
  throwIfCancelled(context);
  const compute = await opening;
  if (shared === undefined) owned.use(compute);
  await compute.join();
  const { problem, warnings } = prepareProblem(config, dataset, compute, warn);
  [...plausibilityWarnings(config), ...dataset.warnings, ...warnings].forEach(warn);
  const elsewhere = await compute.sweepsOnNodes(problem, { signal: context.signal, progress: log.record });
  const { sweeps } = elsewhere === null ? problem : owned.use(elsewhere);
  const kept = owned.move();
  return {
    dataset,
    problem: { ...problem, sweeps },
    compute,
    readSeconds,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export interface Reading {
  readonly file: string;
  readonly config: Pick<Config, 'data' | 'parallel'>;
  readonly memory: KernelMemory;
  readonly kernels: Promise<CompiledKernels>;
  /** Where data larger than `parallel.memory` are put. */
  readonly folder: string;
}

/** Read the data a configuration asks for, with threads where that pays. */
export async function readInThreads(
  { file, config, memory, kernels, folder }: Reading,
  context: TaskContext,
): Promise<OpenDataset> {
  const { data, parallel } = config;
  const backend = selectBackend(parallel, thisMachine());
  await using helpers = new ReadingThreads(memory, kernels, backend, parallel.memory);
  return await readDataset(file, dataRequest({ data }), memory, context, { limit: parallel.memory, folder }, helpers);
}

export interface PreparedProblem {
  readonly problem: FitProblem;
  readonly warnings: readonly Warning[];
}

/** Bind the model to the data; `compute` has the memory that they and their coarse levels are in. */
export function prepareProblem(
  config: Config,
  dataset: Dataset,
  compute: Compute,
  warn: (warning: Warning) => void,
): PreparedProblem {
  const model = bindModel({
    mode: config.model,
    convention: config.convention,
    q: dataset.q,
    gap: config.data.gap,
    phi: dataset.phi,
    grid: dataset.grid,
  });
  const warnings = validateFit(fitPlan(config, model));
  const found = chooseNoise(config, dataset);
  const problem: FitProblem = {
    model,
    sweeps: compute.sweepsOver(dataset.triangles, warn),
    coarse: {
      allocate: (length) => compute.memory.float32(length),
      sweeps: (triangles) => compute.coarseSweeps(triangles),
    },
    noise: found.noise,
    parameters: parameterSettings(config),
    scaling: scalingChoice(config, dataset.phi.length),
    options: fitOptions(config),
    tasks: compute.tasks,
  };
  return { problem, warnings: [...startWarnings(config), ...warnings, ...found.warnings] };
}

/** A job of a batch is asked with start values of its own. */
function startWarnings({ fit }: Config): readonly Warning[] {
  if (fit.start === 'own') return [];
  return [{ code: 'key-without-effect', text: 'fit.start: previous has an effect in a batch only' }];
}

/** What can be checked of a fit before (without `model`) and after its data are read. */
export function fitPlan(config: Config, model: TwoTimeModel | undefined): Parameters<typeof validateFit>[0] {
  return {
    mode: config.model,
    model: physicalParameters(config.model).map(({ name }) => name),
    parameters: parameterSettings(config),
    scaling: scalingChoice(config, model?.phi.length ?? 1),
    options: fitOptions(config),
    phi: model?.phi,
  };
}

function chooseNoise(config: Config, dataset: Dataset): { noise: NoiseEstimate; warnings: readonly Warning[] } {
  const { sigma } = config.noise;
  if (typeof sigma === 'number') return { noise: givenNoise(sigma, dataset.phi.length), warnings: [] };
  return estimateNoise(dataset.triangles);
}
