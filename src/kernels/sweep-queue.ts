/**
 * Sweeps that are asked for at the same time are computed together: one pass over the data for all of them.
 *
 * Candidates of a scan or several starts need the same values; computed together they share every tile that was brought
 * into the caches (or read from a file), and small ones make enough work for all threads. A sweep gives the same bits
 * alone or in company.
 */
import { Cancelled } from '../base/errors.ts';
import { nextTurn, throwIfCancelled, type TaskContext } from '../base/task-context.ts';
import { mergeAngleParameters, splitAngleParameters } from './angle-parameters.ts';
import type { SweepJob } from './executor.ts';
import type { TriangleStack } from './triangles.ts';

export interface QueuedSweep {
  readonly job: SweepJob;
  readonly context: TaskContext;
}

interface Waiting extends QueuedSweep {
  readonly resolve: (total: Float64Array) => void;
  readonly reject: (error: unknown) => void;
}

/** Computes some sweeps in one pass; a sweep whose context is aborted may be left unfinished. */
export type ComputeTogether = (sweeps: readonly QueuedSweep[]) => Promise<readonly Float64Array[]>;

export class SweepQueue {
  readonly #data: TriangleStack;
  readonly #compute: ComputeTogether;
  readonly #most: number;
  readonly #waiting: Waiting[] = [];
  #draining = false;

  /** `most`: sweeps computed together at most. */
  constructor(data: TriangleStack, most: number, compute: ComputeTogether) {
    this.#data = data;
    this.#most = most;
    this.#compute = compute;
  }

  /** The sum of all tiles of a sweep; rejects with `Cancelled` when its context is aborted. */
  async add(job: SweepJob, context: TaskContext): Promise<Float64Array> {
    throwIfCancelled(context);
    const { kind, sensitivities } = job;
    if (sensitivities === null || sensitivities.h.length <= 1) return this.#enqueue(job, context);
    const parts = splitAngleParameters(kind, sensitivities).map((part) =>
      this.#enqueue({ ...job, sensitivities: part }, context),
    );
    return mergeAngleParameters(kind, await Promise.all(parts), this.#data, sensitivities);
  }

  #enqueue(job: SweepJob, context: TaskContext): Promise<Float64Array> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, context, resolve, reject });
      if (!this.#draining) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    // Whoever asks in the same turn comes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#most);
      await this.#run(batch);
      // Those whose sweeps ended together ask for their next ones within this turn of the event loop.
      if (batch.length > 1) await nextTurn();
    }
    this.#draining = false;
  }

  async #run(batch: readonly Waiting[]): Promise<void> {
    try {
      const totals = await this.#compute(batch);
      for (const [k, { context, resolve, reject }] of batch.entries()) {
        if (context.signal?.aborted === true) reject(stopped(context));
        else resolve(totals[k]!);
      }
    } catch (error) {
      for (const { context, reject } of batch) reject(context.signal?.aborted === true ? stopped(context) : error);
    }
  }
}

function stopped({ signal }: TaskContext): Cancelled {
  return new Cancelled('stopped on request', { cause: signal?.reason });
}
