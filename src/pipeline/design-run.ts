/** The errors of one or more plans, from the configuration and the command line to records. */
import type { Warning } from '../base/events.ts';
import type { TaskContext } from '../base/task-context.ts';
import { loadConfig } from '../config/index.ts';
import { createKernelSweeps, KernelMemory, loadKernels } from '../kernels/index.ts';
import { designFit } from '../nlsq/design/index.ts';
import { computedHereWarning } from '../parallel/index.ts';
import { makeDesignRecord, type DesignRecord } from '../results/index.ts';
import { parsePlannedNoise, variationsOf, type NoiseOptions } from './design-variations.ts';
import { planDesign } from './plan-design.ts';

export interface DesignRequest {
  /** Configuration file. */
  readonly config: string;
  /** `key.path=value` for every plan. */
  readonly set: readonly string[];
  /** `KEY=A,B,C`. */
  readonly vary: readonly string[];
  readonly noise: NoiseOptions;
}

/** Windows over values that nobody reads need not be large. */
const WINDOW_BYTES = 2 ** 20;

/** One record per plan. Throws `UsageRefused` and `ConfigRefused` before any is computed, `Cancelled` when stopped. */
export async function runDesign(request: DesignRequest, context: TaskContext): Promise<DesignRecord[]> {
  const loaded = await loadKernels();
  const memory = new KernelMemory();
  const plans = [];
  /** Told with the first plan, which is once. */
  const first: Warning[] = [];
  for (const { label, settings, noise } of variationsOf(request.vary, request.noise)) {
    const planned = parsePlannedNoise(noise);
    const config = await loadConfig(request.config, { set: [...request.set, ...settings] });
    const kernels: Parameters<typeof planDesign>[2] = (data) =>
      createKernelSweeps(loaded, memory, data, { windowBytes: WINDOW_BYTES });
    const here = computedHereWarning(config.parallel, 'designs');
    if (plans.length === 0 && here !== null) first.push(here);
    plans.push({ label, plan: planDesign(config, planned, kernels) });
  }
  const records: DesignRecord[] = [];
  for (const { label, plan } of plans) {
    const mark = memory.mark();
    const design = await designFit(plan.fit, { signal: context.signal });
    memory.release(mark);
    const { fit, frames, warnings } = plan;
    const told = records.length === 0 ? [...first, ...warnings] : warnings;
    records.push(makeDesignRecord({ variation: label, plan: fit, frames, design, warnings: told }));
    const [done, total] = [records.length, plans.length];
    context.progress?.({ kind: 'progress', stage: 'design', done, total });
  }
  return records;
}
