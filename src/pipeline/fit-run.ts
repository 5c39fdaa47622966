/** One fit from file to run directory: read, fit, write; nothing is written before the input is accepted. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { OutputFailed } from '../base/errors.ts';
import type { RunEvent, Warning } from '../base/events.ts';
import { throwIfCancelled, type TaskContext } from '../base/task-context.ts';
import { plausibilityWarnings, type Config } from '../config/index.ts';
import type { Dataset } from '../data/dataset.ts';
import { BackgroundWriter, estimateNoise, givenNoise, readDataset } from '../data/index.ts';
import { bindModel, physicalParameters, type TwoTimeModel } from '../model/index.ts';
import { fitTwoTime, validateFit, type FitProblem, type NoiseEstimate } from '../nlsq/index.ts';
import { makeResultRecord, type ResultRecord } from '../results/index.ts';
import { KernelMemory } from '../kernels/index.ts';
import { Compute } from './compute.ts';
import type { EventLog } from './event-log.ts';
import { dataRequest, fitOptions, parameterSettings, scalingChoice, type FitRunRequest } from './requests.ts';
import { checkRunDirectory, folderBeside, RunDirectory } from './run-directory.ts';
import { softwareVersions } from './versions.ts';
import { writeArraysAndFigures, writeRecord, type FinishedFit } from './write-run.ts';

/**
 * Three pages as PNG at a time on large machines, and one of Node's four threads left for files; what waits is a small
 * part of what a fit takes.
 */
const WRITER_LIMITS = { atOnce: Math.min(3, availableParallelism()) + 1, bytes: 96e6 };

/**
 * Run one fit. Events go to `log`; the returned record is the content of `result.json`.
 *
 * Throws `InputRefused`, `ConfigRefused` or `OutputRefused` with nothing written, `OutputFailed` with everything
 * written so far removed, `Cancelled` when stopped before there was a result.
 */
export async function runFit(request: FitRunRequest, log: EventLog, signal: AbortSignal): Promise<ResultRecord> {
  const context: TaskContext = { signal, progress: log.record };
  await checkRunDirectory(request.output, request.force);
  validateFit(fitPlan(request.config, undefined));

  const started = new Date().toISOString();
  const memory = new KernelMemory();
  const opening = Compute.open(memory, request.config.parallel);
  // Awaited below; a file that is refused first must not leave its failure unhandled.
  opening.catch(() => undefined);
  const placement = { limit: request.config.parallel.memory, folder: await folderBeside(request.output) };
  const [read, readSeconds] = await timed('read', log, () =>
    readDataset(request.file, dataRequest(request.config), memory, context, placement),
  );
  using dataset = read;
  throwIfCancelled(context);
  await using compute = await opening;
  const warn = (warning: Warning): void => log.record({ kind: 'warning', warning });
  const prepared = prepareProblem(request.config, dataset, compute, warn);
  for (const warning of [...plausibilityWarnings(request.config), ...dataset.warnings, ...prepared.warnings]) {
    log.record({ kind: 'warning', warning });
  }

  const directory = await RunDirectory.create(request.output, request.force);
  try {
    await using files = new BackgroundWriter(WRITER_LIMITS).group();
    log.attach(directory.path);
    const [outcome, fitSeconds] = await timed('fit', log, () => fitTwoTime(prepared.problem, context));
    const run: FinishedFit = {
      request,
      dataset,
      problem: prepared.problem,
      outcome,
      started,
      kernelsHash: compute.kernels.hash,
      workers: compute.workers,
    };
    // A stopped fit still writes what it has: figures and files take their own short time and are not stopped.
    const writing: TaskContext = { progress: log.record };
    const [record] = await timed('write', log, async () => {
      outcome.warnings.forEach((warning) => log.record({ kind: 'warning', warning }));
      await writeArraysAndFigures(run, directory, files, writing);
      const made = makeResultRecord({
        outcome,
        dataset,
        model: prepared.problem.model,
        noise: prepared.problem.noise,
        scaling: request.config.scaling.mode,
        timings: { readSeconds, fitSeconds, totalSeconds: performance.now() / 1000 },
        resources: { peakMegabytes: (process.resourceUsage().maxRSS * 1024) / 1e6 },
        versions: softwareVersions(compute.kernels),
        warnings: log.warnings,
      });
      made.warnings.forEach((warning) => log.record({ kind: 'warning', warning }));
      await writeRecord(run, made, directory, files);
      return made;
    });
    log.close();
    await directory.keep();
    return record;
  } catch (error) {
    await abandon(directory, log, error);
    throw error;
  }
}

interface PreparedProblem {
  readonly problem: FitProblem;
  readonly warnings: readonly Warning[];
}

function prepareProblem(
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
  };
  return { problem, warnings: [...warnings, ...found.warnings] };
}

function fitPlan(config: Config, model: TwoTimeModel | undefined): Parameters<typeof validateFit>[0] {
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

async function timed<T>(
  stage: (RunEvent & { kind: 'stage' })['stage'],
  log: EventLog,
  work: () => Promise<T>,
): Promise<[T, number]> {
  const started = performance.now();
  log.record({ kind: 'stage', stage, state: 'start' });
  const result = await work();
  const seconds = (performance.now() - started) / 1000;
  log.record({ kind: 'stage', stage, state: 'end', seconds });
  return [result, seconds];
}

/** Nothing half-written stays behind: the folder goes, and what it replaced comes back. */
async function abandon(directory: RunDirectory, log: EventLog, error: unknown): Promise<void> {
  try {
    log.close();
  } catch (closing) {
    if (!(error instanceof OutputFailed)) throw closing;
  } finally {
    if (existsSync(directory.path)) await directory.discard();
  }
}
