/** Several chains side by side or one after the other, in blocks, until they agree or are told to stop. */
import { InputRefused } from '../../base/errors.ts';
import { essBulk, essTail, rHat, type Chains } from '../diagnostics/index.ts';
import type { LogDensity } from '../log-density.ts';
import {
  advanceChain,
  startChain,
  type Advance,
  type ChainDivergence,
  type ChainSettings,
  type ChainState,
  type Draw,
} from './chain.ts';

/** When the chains count as agreed. */
export interface Agreement {
  /** R̂ below this. */
  readonly rHat: number;
  /** Bulk and tail effective size above this. */
  readonly effectiveSize: number;
}

export const AGREEMENT: Agreement = { rHat: 1.01, effectiveSize: 400 };

/** One chain so far: where it is and what it has drawn. */
export interface Chain {
  readonly state: ChainState;
  readonly draws: readonly Draw[];
  readonly divergences: readonly ChainDivergence[];
  readonly gradients: number;
}

/** Advances a chain to `draws` draws in all, here or elsewhere. */
export type AdvanceChain = (state: ChainState, draws: number) => Promise<Advance>;

/** Runs the chains of a block: side by side, or one after the other. Their draws do not depend on it. */
export type ChainMethod = <T>(tasks: readonly (() => Promise<T>)[]) => Promise<T[]>;

export const sideBySide: ChainMethod = (tasks) => Promise.all(tasks.map((task) => task()));

export const oneAfterTheOther: ChainMethod = async (tasks) => {
  const results = [];
  for (const task of tasks) results.push(await task());
  return results;
};

export interface StoppingRule {
  /** Stop when every quantity agrees; null: only at `maxDraws`. */
  readonly until: Agreement | null;
  /** Draws per chain at most. */
  readonly maxDraws: number;
  /** Seconds at most; looked at after each block. */
  readonly maxSeconds?: number | undefined;
  /** Draws per chain between two looks at the rule. */
  readonly block?: number | undefined;
}

export interface SampleChainsOptions {
  readonly rule: StoppingRule;
  readonly method?: ChainMethod | undefined;
  /** What must agree, each of shape (chains, draws); the coordinates themselves if absent. */
  readonly quantities?: ((chains: readonly (readonly Draw[])[]) => readonly Chains[]) | undefined;
  /** Told after each block: for the disk, the terminal, a checkpoint. */
  readonly afterBlock?: ((chains: readonly Chain[]) => void | Promise<void>) | undefined;
  /** Seconds on any clock. */
  readonly clock?: (() => number) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SampledChains {
  readonly chains: readonly Chain[];
  readonly stoppedBy: 'until' | 'draws' | 'time' | 'signal';
}

/** Draws per chain between two looks at the rule. */
const BLOCK = 50;

/** Chains at their starts, one for each position. */
export function startChains(
  density: LogDensity,
  positions: readonly Float64Array[],
  metric: readonly number[],
  settings: ChainSettings,
  method: ChainMethod = sideBySide,
): Promise<Chain[]> {
  if (positions.length === 0) throw new InputRefused('there are no chains to sample', { help: 'ask for at least one' });
  return method(
    positions.map((position, chain) => async () => ({
      state: await startChain(density, chain, position, metric, settings),
      draws: [],
      divergences: [],
      gradients: 1,
    })),
  );
}

/** The way to advance a chain in this thread. */
export function advanceHere(density: LogDensity, settings: ChainSettings, signal?: AbortSignal): AdvanceChain {
  return (state, draws) => advanceChain(density, state, settings, draws, signal);
}

/**
 * Advance all chains, new or taken up again, until the stopping rule holds. Blocks end at multiples of their length, so
 * chains that were interrupted stop where they would have stopped; only `maxSeconds` depends on the clock.
 */
export async function sampleChains(
  from: readonly Chain[],
  advance: AdvanceChain,
  options: SampleChainsOptions,
): Promise<SampledChains> {
  const { rule, method = sideBySide, quantities = coordinates, clock = now } = options;
  const block = rule.block ?? BLOCK;
  const began = clock();
  let chains = [...from];
  for (;;) {
    const done = Math.min(...chains.map(({ draws }) => draws.length));
    const equal = chains.every(({ draws }) => draws.length === done);
    const whole = equal && (done % block === 0 || done >= rule.maxDraws);
    if (whole && done > 0 && rule.until !== null && agree(quantities(drawsOf(chains)), rule.until)) {
      return { chains, stoppedBy: 'until' };
    }
    if (done >= rule.maxDraws) return { chains, stoppedBy: 'draws' };
    if (options.signal?.aborted === true) return { chains, stoppedBy: 'signal' };
    const late = rule.maxSeconds !== undefined && clock() - began >= rule.maxSeconds;
    if (late && done > 0) return { chains, stoppedBy: 'time' };
    const target = Math.min(rule.maxDraws, (Math.floor(done / block) + 1) * block);
    const advances = await method(
      chains.map(
        ({ state }) =>
          () =>
            advance(state, target),
      ),
    );
    const stuck = advances.every(({ state }, c) => state.transitions === chains[c]!.state.transitions);
    if (stuck) return { chains, stoppedBy: 'signal' };
    chains = chains.map((chain, c) => extended(chain, advances[c]!));
    await options.afterBlock?.(chains);
  }
}

function extended(chain: Chain, { state, draws, divergences, gradients }: Advance): Chain {
  return {
    state,
    draws: [...chain.draws, ...draws],
    divergences: [...chain.divergences, ...divergences],
    gradients: chain.gradients + gradients,
  };
}

function now(): number {
  return performance.now() / 1000;
}

function drawsOf(chains: readonly Chain[]): (readonly Draw[])[] {
  return chains.map(({ draws }) => draws);
}

/** The coordinates of the draws, each of shape (chains, draws); chains of unequal length are cut to the shortest. */
export function coordinates(chains: readonly (readonly Draw[])[]): Chains[] {
  const draws = Math.min(...chains.map((chain) => chain.length));
  const size = chains[0]?.[0]?.position.length ?? 0;
  return Array.from({ length: size }, (_, i) =>
    chains.map((chain) => Float64Array.from({ length: draws }, (_, k) => chain[k]!.position[i]!)),
  );
}

/** Whether R̂ and both effective sizes of every quantity are good enough; what has no R̂ is not. */
export function agree(quantities: readonly Chains[], { rHat: limit, effectiveSize }: Agreement): boolean {
  return quantities.every(
    (chains) => rHat(chains) < limit && essBulk(chains) > effectiveSize && essTail(chains) > effectiveSize,
  );
}
