/** Consensus Monte Carlo in a run: shards on the workers, each kept in the folder as soon as it is finished. */
import {
  readConsensusCheckpoint,
  sampleByConsensus,
  type ConsensusCheckpoint,
  type SampledPosterior,
} from '../bayes/index.ts';
import type { Warning } from '../base/events.ts';
import type { TaskContext } from '../base/task-context.ts';
import { CheckpointFile, readCheckpointAs } from './checkpoint-file.ts';
import type { PosteriorQuestion } from './posterior-question.ts';
import { SHARDS_CHECKPOINT_FILE } from './run-request.ts';
import type { FinishedFit } from './write-run.ts';

/** Throws what `sampleByConsensus` does, and `InputRefused` for a damaged checkpoint. */
export async function sampleByShards(
  { request, directory, compute }: FinishedFit,
  { problem, origin, options }: PosteriorQuestion,
  warn: (warning: Warning) => void,
  context: TaskContext,
): Promise<SampledPosterior> {
  const path = directory.file(SHARDS_CHECKPOINT_FILE);
  const file = new CheckpointFile<ConsensusCheckpoint>(path, warn);
  const resumeFrom = (await readCheckpointAs(path, readConsensusCheckpoint)) ?? undefined;
  const { shards } = request.config.sample;
  const { backend } = compute;
  const wanted = shards === 'auto' ? undefined : shards;
  try {
    return await sampleByConsensus(
      problem,
      origin,
      { ...options, shards: wanted, backend, save: file.save, resumeFrom },
      context,
    );
  } finally {
    await file.settle();
  }
}
