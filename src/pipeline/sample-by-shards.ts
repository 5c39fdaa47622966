/** Consensus Monte Carlo in a run: shards on the workers, each kept in the folder as soon as it is finished. */
import { existsSync } from 'node:fs';
import {
  readConsensusCheckpoint,
  sampleByConsensus,
  ShardsAtWorkers,
  type ConsensusCheckpoint,
  type SampledPosterior,
} from '../bayes/index.ts';
import { Defect } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import type { TaskContext } from '../base/task-context.ts';
import { CheckpointFile, readCheckpointAs } from './checkpoint-file.ts';
import type { RunToComplete } from './complete-fit.ts';
import type { EventLog } from './event-log.ts';
import type { PosteriorQuestion } from './posterior-question.ts';
import { SHARDS_CHECKPOINT_FILE } from './run-request.ts';
import type { FinishedFit } from './write-run.ts';

/**
 * Cut the data into shards, and bring the first ones to the workers unless the run holds finished ones. They are taken away with
 * the threads at the latest. Throws `InputRefused` for more shards than frames can make.
 */
export async function bringShards(
  { request, directory, prepared }: RunToComplete,
  log: EventLog,
): Promise<ShardsAtWorkers> {
  const { problem, compute } = prepared;
  const { shards } = request.config.sample;
  const asked = { shards: shards === 'auto' ? undefined : shards };
  const brought = compute.own(new ShardsAtWorkers(problem.sweeps.data, asked, compute.backend));
  if (!existsSync(directory.file(SHARDS_CHECKPOINT_FILE))) brought.begin();
  const { plan, atOnce, backend } = brought;
  const text = `${plan.shards.length} shards, ${atOnce} at a time on the workers of ${backend.name}`;
  log.record({ kind: 'log', level: 'debug', text });
  return brought;
}

/** Throws what `sampleByConsensus` and `bringShards` do, and `InputRefused` for a damaged checkpoint. */
export async function sampleByShards(
  { directory, shards: bringing }: FinishedFit,
  { problem, origin, options }: PosteriorQuestion,
  warn: (warning: Warning) => void,
  context: TaskContext,
): Promise<SampledPosterior> {
  const path = directory.file(SHARDS_CHECKPOINT_FILE);
  const file = new CheckpointFile<ConsensusCheckpoint>(path, warn);
  const resumeFrom = (await readCheckpointAs(path, readConsensusCheckpoint)) ?? undefined;
  if (bringing === null) throw new Defect('the fit has no shards');
  await using shards = await bringing;
  try {
    return await sampleByConsensus(problem, origin, { ...options, shards, save: file.save, resumeFrom }, context);
  } finally {
    await file.settle();
  }
}
