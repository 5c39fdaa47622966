/**
 * Where the passes and chains of a posterior run; its draws do not depend on it.
 *
 * Small data are copied to the workers, which have a chain each; large ones are swept over by all workers, each pass serving all
 * chains. Importance sampling on workers of other processes goes there in rounds, each worker with its part of the data.
 */
import { oneAfterTheOther, type SampleOptions } from '../bayes/index.ts';
import type { Warning } from '../base/events.ts';
import type { Sweeps } from '../kernels/index.ts';
import { distributeSweeps } from '../parallel/index.ts';
import type { EventLog } from './event-log.ts';
import type { FinishedFit } from './write-run.ts';

/** Disposing takes data away from where they were brought. */
export interface WayToSample extends AsyncDisposable {
  readonly sweeps: Sweeps;
  readonly options: Pick<SampleOptions, 'chainMethod' | 'backend' | 'proposalsAtOnce'>;
}

/** Fewer points than this are not worth any other thread. */
const FEWEST_POINTS = 500;
/** Up to so many points every worker may have a copy of the data (measured in docs/sampling.md). */
const MOST_POINTS_PER_CHAIN = 2e6;
/** Proposals of one round over distributed data: all that importance sampling has. */
const PROPOSALS_AT_ONCE = 4000;

export async function wayToSample(
  fitted: FinishedFit,
  log: EventLog,
  warn: (warning: Warning) => void,
): Promise<WayToSample> {
  const { compute, problem, request, outcome } = fitted;
  const { sweeps } = problem;
  const { tasks } = compute;
  const here = async (): Promise<void> => undefined;
  if (request.config.sample.method !== 'psis') {
    return { sweeps, options: waysOfChains(fitted, log, warn), [Symbol.asyncDispose]: here };
  }
  if (tasks === null || tasks.name === 'local' || outcome.cost.points < FEWEST_POINTS) {
    compute.togetherOver(warn);
    const { sweepsPerRound: proposalsAtOnce } = fitted;
    return { sweeps, options: { proposalsAtOnce }, [Symbol.asyncDispose]: here };
  }
  const distributed = await distributeSweeps(sweeps, tasks, {
    sweepsPerRound: PROPOSALS_AT_ONCE,
    progress: log.record,
  });
  const text = `importance sampling in rounds over ${distributed.parts} parts of the data on ${tasks.workers} workers of ${tasks.name}`;
  log.record({ kind: 'log', level: 'info', text });
  return {
    sweeps: distributed.sweeps,
    options: { proposalsAtOnce: distributed.sweepsPerRound },
    [Symbol.asyncDispose]: () => distributed[Symbol.asyncDispose](),
  };
}

function waysOfChains(
  { request, outcome, compute }: FinishedFit,
  log: EventLog,
  warn: (warning: Warning) => void,
): WayToSample['options'] {
  const { chains, chainMethod } = request.config.sample;
  const { points } = outcome.cost;
  const { tasks } = compute;
  const workers = Math.max(compute.togetherOver(warn), tasks?.workers ?? 1);
  const say = (level: 'info' | 'warning', text: string): void => log.record({ kind: 'log', level, text });
  if (chainMethod === 'sequential') {
    say('info', `${chains} chains run one after the other, as asked`);
    return { chainMethod: oneAfterTheOther };
  }
  const why =
    points < FEWEST_POINTS
      ? `${points} points are fewer than ${FEWEST_POINTS}`
      : workers < 2 || tasks === null
        ? 'there is one worker'
        : null;
  if (why !== null && chains > 1) {
    warn({ code: 'chains-sequential', text: `${chains} chains run one after the other: ${why}` });
    return { chainMethod: oneAfterTheOther };
  }
  if (chains > 1 && points <= MOST_POINTS_PER_CHAIN && tasks !== null) {
    const level = workers < chains ? 'warning' : 'info';
    say(level, `${chains} chains on ${workers} workers, a copy of the ${points} points for each that has a chain`);
    return { backend: tasks };
  }
  say(
    'info',
    `${chains} chains side by side: ${workers} workers share each pass over the data, which serves all chains`,
  );
  return {};
}
