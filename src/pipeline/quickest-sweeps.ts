/**
 * Sweeps over all data where they are quickest: in the threads of this process, or in rounds on the workers of a cluster, which
 * keep their part of the data. Which that is depends on both machines and what lies between them, so it is measured. The bits
 * are the same.
 */
import type { RunEvent } from '../base/events.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { Sweeps } from '../kernels/index.ts';
import { physicalParameters, type TwoTimeModel } from '../model/index.ts';
import { distributeSweeps, type DistributedSweeps, type ExecutionBackend } from '../parallel/index.ts';

/** A pass this quick is not worth a round of messages, ms. */
const WORTH_A_ROUND = 100;
/** A round must save at least this share of a pass. */
const LEAST_SAVING = 0.1;

export interface SweepChoice {
  /** Over all data, in this process by so many threads. */
  readonly local: Sweeps;
  readonly threads: number;
  readonly model: TwoTimeModel;
  readonly backend: ExecutionBackend;
  /** ms; for tests. */
  readonly now?: () => number;
}

/** The sweeps on the workers when they are quicker there, else null; the reason is told. Disposing takes the data away. */
export async function distributeIfQuicker(
  { local, threads, model, backend, now = () => performance.now() }: SweepChoice,
  context: TaskContext & { readonly progress: (event: RunEvent) => void },
): Promise<DistributedSweeps | null> {
  const tell = (text: string): void => context.progress({ kind: 'log', level: 'info', text });
  const { name, workers } = backend;
  if (workers <= threads) {
    tell(`sweeps run here: ${workers} workers of ${name} are no more than the ${threads} threads of this process`);
    return null;
  }
  const time = async (sweeps: Sweeps): Promise<number> => {
    // What is done but once (threads start, data are fetched) is done in the first pass.
    let took = 0;
    for (let pass = 0; pass < 2; pass++) {
      const began = now();
      await onePass(sweeps, model, context);
      took = now() - began;
    }
    return took;
  };
  const here = await time(local);
  if (here < WORTH_A_ROUND) {
    tell(`sweeps run here: a pass takes ${here.toFixed(0)} ms, too little for messages to ${name}`);
    return null;
  }
  const distributed = await distributeSweeps(local, backend, { progress: context.progress });
  let keep = false;
  try {
    const there = await time(distributed.sweeps);
    keep = there <= (1 - LEAST_SAVING) * here;
    const where = keep ? `on ${name}` : 'here';
    const parts = `${distributed.parts} parts on ${workers} workers of ${name}`;
    tell(`sweeps run ${where}: a pass takes ${here.toFixed(0)} ms here and ${there.toFixed(0)} ms in ${parts}`);
  } finally {
    if (!keep) await distributed[Symbol.asyncDispose]();
  }
  return keep ? distributed : null;
}

/** The cheapest kind of sweep, for made-up values of the parameters. */
async function onePass(sweeps: Sweeps, model: TwoTimeModel, context: TaskContext): Promise<void> {
  const values: Record<string, number> = { D0: 1000, gamma_dot_t0: 1e-3 };
  const all = Object.fromEntries(physicalParameters(model.mode).map((one) => [one.name, values[one.name] ?? 0]));
  const one = new Float64Array(sweeps.data.angles).fill(1);
  await sweeps.sums(model.physics(all), { contrast: one, offset: one, weight: one }, context);
}
