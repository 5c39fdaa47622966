/** Rank runs of one data set: read the data again and cross-validate their models with blocks of frames. */
import { InputRefused, isTwotimeError } from '../base/errors.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { Config } from '../config/index.ts';
import { estimateNoise, type NoiseEstimate } from '../data/index.ts';
import { createKernelSweeps, isResident } from '../kernels/index.ts';
import { bindModel } from '../model/index.ts';
import {
  compareScores,
  crossValidate,
  FEWEST_BLOCKS,
  frameBlocks,
  type Candidate,
  type Comparison,
} from '../nlsq/cross-validation/index.ts';
import { computedHereWarning } from '../parallel/index.ts';
import { supportDifferences, unknownsOf, type Ranking } from '../results/index.ts';
import { EventLog } from './event-log.ts';
import { prepareFit, type PreparedFit } from './prepare-fit.ts';
import { placeOfRunInput, type FinishedRun } from './read-run.ts';
import { parameterSettings, scalingChoice } from './requests.ts';

/** A ranking, or why there is none. */
export type RankingFinding =
  | { readonly ranking: Ranking; readonly reason: null }
  | { readonly ranking: null; readonly reason: string };

const none = (reason: string): RankingFinding => ({ ranking: null, reason });

/** `input`: where the data are now, if not where they were. Throws `Cancelled` when stopped. */
export async function rankRuns(
  runs: readonly FinishedRun[],
  input: string | null,
  context: TaskContext,
): Promise<RankingFinding> {
  const apart = whyApart(runs);
  if (apart !== null) return none(apart);
  const first = runs[0]!;
  const file = input ?? (await placeOfRunInput(first));
  if (file === null) return none(`the data are not at ${first.input}; name their place with --input`);
  const here = computedHereWarning(first.config.parallel, 'rankings');
  if (here !== null) context.progress?.({ kind: 'warning', warning: here });
  const config: Config = { ...first.config, parallel: { ...first.config.parallel, backend: 'auto' } };
  const request = { file, config, output: first.run, force: false, argv: [] };
  try {
    await using prepared = await prepareFit(request, new EventLog(), { signal: context.signal });
    if (prepared.dataset.source.contentHash !== first.record.data.contentHash) {
      return none(`${file} no longer holds the data of the runs (their content hash is another)`);
    }
    return await rankOn(runs, prepared, context);
  } catch (error) {
    if (!isTwotimeError(error, 'InputRefused')) throw error;
    return none(`the data cannot be used again: ${error.message}`);
  }
}

/** Why fits cannot be ranked by how well they predict the same pairs; null when they can. */
function whyApart(runs: readonly FinishedRun[]): string | null {
  const [first, ...others] = runs;
  for (const other of others) {
    const differences = supportDifferences(first!.record, other.record);
    if (differences.length > 0) {
      return `${first!.run} and ${other.run} do not fit the same pairs: ${differences.join('; ')}`;
    }
  }
  const failed = runs.find(({ record }) => record.status === 'failed');
  return failed === undefined ? null : `${failed.run} failed`;
}

async function rankOn(
  runs: readonly FinishedRun[],
  prepared: PreparedFit,
  context: TaskContext,
): Promise<RankingFinding> {
  const { problem, compute } = prepared;
  const { sweeps } = problem;
  if (!isResident(sweeps.data)) {
    return none('the data are larger than parallel.memory of the first run, and cross-validation needs them in memory');
  }
  const candidates = runs.map((run) => candidateOf(run, prepared));
  const edges = frameBlocks(candidates.map(({ model, values }) => model.physics(values)));
  const blocks = edges.length - 1;
  if (blocks < FEWEST_BLOCKS) {
    return none(`the window has room for ${blocks} blocks of a correlation time, fewer than ${FEWEST_BLOCKS}`);
  }
  const noise = commonNoise(runs, prepared);
  const memory = compute.memory;
  const scores = await crossValidate(
    {
      candidates,
      sweeps,
      sigma: noise.sigma,
      edges,
      withRoom: async (work) => {
        const mark = memory.mark();
        try {
          return await work({
            allocate: (length) => memory.float32(length),
            sweeps: (data) => createKernelSweeps(compute.kernels, memory, data),
          });
        } finally {
          memory.release(mark);
        }
      },
    },
    context,
  );
  const compared = compareScores(
    scores,
    runs.map(({ record }) => unknownsOf(record)),
  );
  const sizes = Array.from({ length: blocks }, (_, b) => edges[b + 1]! - edges[b]!);
  return {
    reason: null,
    ranking: {
      blocks,
      framesPerBlock: [Math.min(...sizes), Math.max(...sizes)],
      noise: noise.source,
      ...inOrder(runs, compared),
      notes: notesOn(runs, compared),
    },
  };
}

function candidateOf({ run, record, config }: FinishedRun, { dataset }: PreparedFit): Candidate {
  const model = bindModel({
    mode: config.model,
    convention: config.convention,
    q: dataset.q,
    gap: config.data.gap,
    phi: dataset.phi,
    grid: dataset.grid,
  });
  const known = (value: number | null): number => {
    if (value !== null) return value;
    throw new InputRefused('the run has no value for every parameter', { where: { file: run } });
  };
  return {
    model,
    parameters: parameterSettings(config),
    scaling: scalingChoice(config, dataset.phi.length),
    values: Object.fromEntries(Object.entries(record.parameters).map(([name, { value }]) => [name, known(value)])),
    contrast: Float64Array.from(record.scaling.angles, ({ contrast }) => known(contrast.value)),
    offset: Float64Array.from(record.scaling.angles, ({ offset }) => known(offset.value)),
  };
}

/** All runs are scored with one σ: theirs where they agree, else that of the data. */
function commonNoise(runs: readonly FinishedRun[], { dataset, problem }: PreparedFit): NoiseEstimate {
  const sigmas = new Set(runs.map(({ config }) => config.noise.sigma));
  return sigmas.size === 1 ? problem.noise : estimateNoise(dataset.triangles).noise;
}

function inOrder(
  runs: readonly FinishedRun[],
  { candidates, preferred }: Comparison,
): Pick<Ranking, 'runs' | 'preferred'> {
  const ranked = candidates.map((candidate, k) => ({ run: runs[k]!.run, ...candidate }));
  return { runs: ranked.toSorted((a, b) => a.cost - b.cost), preferred: runs[preferred]!.run };
}

function notesOn(runs: readonly FinishedRun[], { candidates }: Comparison): string[] {
  const notes: string[] = [];
  for (const [used, words] of [
    ['lag', 'weights by lag'],
    ['speckle', 'speckle weights'],
  ] as const) {
    const weighted = runs.filter(({ record }) => record.weights.used === used).map(({ run }) => run);
    if (weighted.length > 0) notes.push(`${weighted.join(', ')}: fitted again without ${words}`);
  }
  candidates.forEach(({ unconverged }, k) => {
    if (unconverged > 0) notes.push(`${runs[k]!.run}: the fits without ${unconverged} of the blocks did not converge`);
  });
  return notes;
}
