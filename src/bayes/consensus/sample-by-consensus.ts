/**
 * Consensus Monte Carlo: chains on shards of the data, combined, then corrected and certified on all of them.
 *
 * Each shard samples its own likelihood times (priors · Jacobian)^(1/K) in the coordinates of the whole. The normal
 * distribution that the shards agree on, and a Student one around it, are then proposals for importance sampling of the exact
 * posterior, with its three rules: what shards and their normal approximation lose is given back there, or the answer is not
 * accepted (Scott et al., Int. J. Man. Sci. Eng. Manag. 11, 78, 2016; Vehtari et al., JMLR 25(72), 2024).
 *
 * ```ts
 * await using shards = new ShardsAtWorkers(problem.sweeps.data, {}, backend);
 * const sampled = await sampleByConsensus(problem, origin, { seed: 1, shards }, { signal });
 * ```
 */
import { Defect, InputRefused } from '../../base/errors.ts';
import type { Warning } from '../../base/events.ts';
import { throwIfCancelled, type TaskContext } from '../../base/task-context.ts';
import { bindModel } from '../../model/index.ts';
import { fromPlain } from '../../nlsq/checkpoint.ts';
import { freeParameters } from '../../nlsq/free-parameters.ts';
import { importanceSample, judgeImportance, resample, type WeightedDraws } from '../importance/index.ts';
import { CHAIN_DEFAULTS, type ChainSettings } from '../nuts/index.ts';
import { DEFAULT_SCALING_PRIOR, type PosteriorOrigin, type PosteriorProblem } from '../posterior/index.ts';
import { findCoordinates, type Located } from '../sampling/find-coordinates.ts';
import { plainPosterior } from '../sampling/plain-posterior.ts';
import { parameterDraws, scalingDraws, summarise } from '../sampling/quantities.ts';
import type { SampledPosterior, SampleOptions } from '../sampling/sample-two-time.ts';
import { judgeWeights } from '../sampling/verdict.ts';
import { streamKey } from '../streams.ts';
import { shardAgreement } from './agreement.ts';
import type { ConsensusCheckpoint } from './checkpoint.ts';
import { combineNormals, momentsOf, type Combined, type Moments } from './combine.ts';
import type { ShardPlan } from './plan-shards.ts';
import type { ConsensusReport, ShardReport } from './report.ts';
import { runShards, type ShardOutcome } from './run-shards.ts';
import { whyLeftOut } from './shard-filter.ts';
import type { ShardedProblem } from './shard-task.ts';
import { FEWEST_FOR_POOL, type ShardsAtWorkers } from './shards-at-workers.ts';

export interface ConsensusOptions extends Pick<
  SampleOptions,
  'seed' | 'chains' | 'draws' | 'warmup' | 'proposals' | 'proposalsAtOnce' | 'adjustment' | 'provisional'
> {
  /** The data in shards, of these data and disposed by whoever made them. */
  readonly shards: ShardsAtWorkers;
  /** Draws of each chain of a shard. Default 250. */
  readonly shardDraws?: number | undefined;
  /** Draws from each of two proposals for the look at the shape of a shard. Default 1000. */
  readonly shardProposals?: number | undefined;
  /** Takes a checkpoint after every shard; must not throw. */
  readonly save?: ((checkpoint: ConsensusCheckpoint) => void) | undefined;
  /** Go on from here; as `readConsensusCheckpoint` returned it, or as it was given to `save`. */
  readonly resumeFrom?: ConsensusCheckpoint | undefined;
}

/** A posterior by consensus. */
export interface SampledByConsensus extends SampledPosterior {
  readonly method: 'cmc';
  readonly chains: null;
  readonly consensus: ConsensusReport;
}

const CHAINS = 4;
const DRAWS = 1000;
const SHARD_DRAWS = 250;
const SHARD_WARMUP = 50;
const SHARD_PROPOSALS = 1000;
/** Where there is no mode to tell lengths from. */
const FIRST_SCALE = 1e-3;

/**
 * Sample by consensus. Draws are a function of data, options and seed, for any engine and number of workers, and after a
 * resume. Throws `InputRefused` where shards are too small to be near normal, with the size that would do, and where none
 * is left; `Cancelled` when stopped; otherwise as `sampleTwoTime`.
 */
export async function sampleByConsensus(
  problem: PosteriorProblem,
  origin: PosteriorOrigin,
  options: ConsensusOptions,
  context: TaskContext = {},
): Promise<SampledByConsensus> {
  const { seed, chains: count = CHAINS, draws = DRAWS } = options;
  if (freeParameters(problem.parameters).names.length === 0) {
    throw new InputRefused('there is no free parameter to sample', { help: 'let at least one parameter vary' });
  }
  const { plan } = options.shards;
  const located = await findCoordinates(problem, origin, { adjustment: options.adjustment }, context);
  const { posterior } = located;
  const mode = 'reason' in located.mode ? null : located.mode;
  if (mode !== null) options.provisional?.({ posterior, mode, importance: null });
  const settings: ChainSettings = { ...CHAIN_DEFAULTS, seed, warmup: options.warmup ?? SHARD_WARMUP };
  const sharded = shardedProblem(problem, located, options, plan.shards.length);
  const { outcomes, lean } = await runShards({ ...options, problem: sharded, settings }, context);
  const reasons = outcomes.map((outcome) =>
    outcome.answer === null ? outcome.reason : whyLeftOut(outcome.answer.chains),
  );
  const used = outcomes.flatMap(({ answer }, shard) => {
    if (answer === null || reasons[shard] !== null) return [];
    const { draws: own, links } = answer.chains;
    return [{ shard, moments: { ...momentsOf(own.flat()), links } }];
  });
  const combined = used.length === 0 ? null : combineNormals(used.map(({ moments }) => moments));
  if (combined === null) {
    throw new InputRefused(
      `no shard can be combined: ${reasons.find((reason) => reason !== null) ?? 'no covariance'}`,
      {
        help: 'sample all data at once, with method auto, nuts or psis',
      },
    );
  }

  throwIfCancelled(context);
  const sample = await importanceSample(
    posterior.value(context),
    { centre: combined.mean, factor: combined.factor },
    { seed, draws: options.proposals, atOnce: options.proposalsAtOnce },
  );
  const judged = judgeImportance(sample);
  const importance = { sample, verdict: judged };
  const { mixture, asides } = sample;
  if (!(mixture.effectiveSize > 0)) {
    throw new InputRefused('the posterior is zero wherever the shards put it', {
      help: 'sample all data at once, with method auto, nuts or psis',
    });
  }
  const picked = resample(mixture.logWeights, count * draws, streamKey(seed, 'resampling'));
  const all = Array.from(picked, (k) => ({ position: mixture.positions[k]!, aside: asides[k]! }));
  const points = pointsOfAngles(problem);
  const given = options.adjustment?.scaling ?? null;
  const quantities = [...parameterDraws(posterior, [all]), ...scalingDraws(posterior, points, [all], seed, given)];
  const agreement = shardAgreement(
    used.map(({ moments }) => moments),
    posterior.coordinates.names,
    used.map(({ shard }) => shard),
  );
  const consensus: ConsensusReport = {
    shards: outcomes.map((outcome, shard) => {
      const moments = used.find((one) => one.shard === shard)?.moments ?? null;
      return reportOf(plan, outcome, shard, reasons[shard]!, moments);
    }),
    strips: plan.strips,
    pool: plan.shards.length >= FEWEST_FOR_POOL,
    ...{ used: used.length, leftOut: outcomes.length - used.length, lean },
    coordinates: posterior.coordinates.names,
    combined: combinedReport(combined, mixture),
    agreement,
    accepted: judged.accepted,
  };
  return {
    ...{ method: 'cmc', posterior, mode, importance, chains: null, settings, quantities, consensus },
    summaries: quantities.map((quantity) => summarise(quantity, false)),
    verdict: judgeWeights(judged),
    warnings: [...located.warnings, ...posterior.warnings, ...warningsOf(consensus, reasons)],
  };
}

/** What all shards are asked: with priors of contrast and offset to the power 1/K, too. */
function shardedProblem(
  problem: PosteriorProblem,
  { bound: { origin, options }, mode }: Located,
  { chains = CHAINS, shardDraws = SHARD_DRAWS, shardProposals = SHARD_PROPOSALS }: ConsensusOptions,
  shards: number,
): ShardedProblem {
  const { contrast, offset } = problem.scalingPrior ?? DEFAULT_SCALING_PRIOR;
  const scalingPrior = { contrast, offset: { ...offset, sd: offset.sd * Math.sqrt(shards) } };
  const posterior = plainPosterior({ ...problem, scalingPrior }, origin, { ...options, priorPower: 1 / shards });
  const rebuilt = bindModel({ ...posterior, grid: problem.model.grid }).physics(origin.values).c;
  if (!problem.model.physics(origin.values).c.every((value, k) => value === rebuilt[k])) {
    throw new Defect('shards know the laws of the convention only');
  }
  const size = mode.position.length;
  const scale = Float64Array.from({ length: size }, (_value, i) =>
    'reason' in mode ? FIRST_SCALE : Math.sqrt(mode.covariance[i * (size + 1)]!),
  );
  return { posterior, start: mode.position, scale, chains, draws: shardDraws, proposals: shardProposals };
}

function pointsOfAngles({ sweeps: { data } }: PosteriorProblem): Float64Array {
  return Float64Array.from(data.excluded, (excluded) => (data.frames * (data.frames - 1)) / 2 - excluded);
}

function reportOf(
  { shards }: ShardPlan,
  outcome: ShardOutcome,
  shard: number,
  leftOut: string | null,
  moments: Moments | null,
): ShardReport {
  const { answer } = outcome;
  const chains = answer?.chains ?? null;
  const shape = answer?.shape ?? null;
  const size = moments?.mean.length ?? 0;
  return {
    ...{ shard, strips: shards[shard]!, leftOut },
    points: answer?.points ?? 0,
    kHat: shape === null ? null : fromPlain(shape.kHat),
    effectiveShare: shape === null ? null : fromPlain(shape.effectiveShare),
    draws: chains === null ? null : chains.draws.reduce((sum, one) => sum + one.length, 0),
    divergent: chains?.divergent ?? null,
    rHat: chains === null ? null : fromPlain(chains.rHat),
    essBulk: chains === null ? null : fromPlain(chains.essBulk),
    mean: moments === null ? null : Array.from(moments.mean),
    sd: moments === null ? null : deviations(moments.covariance, size),
    sweeps: answer === null ? 0 : answer.shape.sweeps + answer.chains.sweeps,
    resumed: outcome.answer !== null && outcome.resumed,
  };
}

function deviations(covariance: Float64Array, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Math.sqrt(covariance[i * (size + 1)]!));
}

function combinedReport({ mean, covariance }: Combined, exact: WeightedDraws): ConsensusReport['combined'] {
  const sd = deviations(covariance, mean.length);
  return {
    mean: Array.from(mean),
    sd,
    shift: Array.from(mean, (value, i) => (value - exact.mean[i]!) / exact.sd[i]!),
    stretch: sd.map((value, i) => value / exact.sd[i]!),
  };
}

function warningsOf({ agreement, shards, leftOut }: ConsensusReport, reasons: readonly (string | null)[]): Warning[] {
  const left = reasons.flatMap((reason, shard) => (reason === null ? [] : [`shard ${shard + 1}: ${reason}`]));
  return [
    ...(shards.length === 1
      ? [{ code: 'one-shard', text: 'the data make one shard alone: the answer is that of all of them, sampled once' }]
      : []),
    ...(leftOut > 0
      ? [
          {
            code: 'shards-left-out',
            text: `${leftOut} of ${shards.length} shards were not combined; all data were weighed nevertheless (${left.join('; ')})`,
          },
        ]
      : []),
    ...(agreement.findings.length > 0 ? [{ code: 'shards-disagree', text: agreement.findings.join('; ') }] : []),
  ];
}
