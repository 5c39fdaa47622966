/**
 * A block of one chain as a named task: small data are at hand on every worker, and a chain there waits for no other.
 *
 * A chain is a function of posterior, state and settings, so it has the draws it would have had anywhere else.
 */
import { isTwotimeError } from '../../base/errors.ts';
import type { TaskContext } from '../../base/task-context.ts';
import {
  CompiledEngine,
  createSweeps,
  packTiles,
  partition,
  SequentialExecutor,
  tileArrays,
  type TileArrays,
  type TriangleStack,
} from '../../kernels/index.ts';
import { openTaskKernels } from '../../parallel/index.ts';
import type { ExecutionBackend, Task } from '../../parallel/protocol.ts';
import type { TaskFunctionContext } from '../../parallel/run-named-task.ts';
import type { DataRef } from '../../parallel/shared-data.ts';
import { advanceChain, type Advance, type AdvanceChain, type ChainSettings, type ChainState } from '../nuts/index.ts';
import { bindPosterior, type PlainPosterior } from './plain-posterior.ts';

export interface ChainQuestion {
  readonly posterior: PlainPosterior;
  readonly data: DataRef<TileArrays>;
  readonly frames: number;
  /** Excluded pairs of each angle, shape (P). */
  readonly excluded: Uint32Array;
  readonly settings: ChainSettings;
  readonly state: ChainState;
  /** Draws the chain is to have in all. */
  readonly draws: number;
}

export const chainTask: Task<ChainQuestion, Advance> = {
  name: 'sample.chain',
  version: 1,
  module: import.meta.url,
  export: 'goOnWithChain',
};

/** Throws `Cancelled` when stopped. */
export async function goOnWithChain(question: ChainQuestion, context: TaskFunctionContext): Promise<Advance> {
  const { posterior: plain, frames, excluded, settings, state, draws } = question;
  const angles = plain.phi.length;
  const arrays = await context.data(question.data);
  const { kernels, region } = await openTaskKernels();
  using own = region;
  const tiles = partition(frames, angles);
  const data = packTiles(arrays, tiles, { frames, angles, excluded }, (length) => own.float32(length));
  const engine = new CompiledEngine(kernels, own, data, { packedTiles: tiles });
  const posterior = await bindPosterior(plain, createSweeps(new SequentialExecutor(engine)), context);
  const density = posterior.density(context);
  return advanceChain(
    (position) => {
      context.beat();
      return density(position);
    },
    state,
    settings,
    draws,
    context.signal,
  );
}

/** Chains that advance on the workers of a backend; disposing takes the data away from them. */
export interface ChainsElsewhere extends AsyncDisposable {
  readonly advance: (settings: ChainSettings) => AdvanceChain;
}

/** Bring the data to the workers of `backend`. A chain that is stopped there stays where its last block ended. */
export async function chainsElsewhere(
  data: TriangleStack,
  posterior: PlainPosterior,
  backend: ExecutionBackend,
  context: TaskContext,
): Promise<ChainsElsewhere> {
  const { frames, angles } = data;
  const shared = await backend.share(tileArrays(data, partition(frames, angles)));
  const excluded = data.excluded.slice();
  const advance =
    (settings: ChainSettings): AdvanceChain =>
    async (state, draws) => {
      const question = { posterior, data: shared.ref, frames, excluded, settings, state, draws };
      try {
        return await backend.submit(chainTask, question, { signal: context.signal, progress: context.progress });
      } catch (error) {
        if (!isTwotimeError(error, 'Cancelled')) throw error;
        return { state, draws: [], divergences: [], gradients: 0 };
      }
    };
  return { advance, [Symbol.asyncDispose]: () => shared[Symbol.asyncDispose]() };
}
