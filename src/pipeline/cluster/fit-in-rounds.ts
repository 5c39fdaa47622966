/**
 * One fit whose passes over the data are shared by several jobs, driven from this process; or the finding, with its numbers,
 * that one job alone does better.
 *
 * What is asked comes in the order of what it costs: the header of the file, then jobs that do nothing, then the data.
 */
import { isTwotimeError } from '../../base/errors.ts';
import { throwIfCancelled, type TaskContext } from '../../base/task-context.ts';
import { DEFAULT_CLUSTER } from '../../config/index.ts';
import { listRings } from '../../data/index.ts';
import { physicalParameters, type TwoTimeModel } from '../../model/index.ts';
import { distributeSweeps, type DistributedSweeps, type ExecutionBackend } from '../../parallel/index.ts';
import type { ResultRecord } from '../../results/index.ts';
import { pointsOfJob } from '../batch/job-memory.ts';
import type { EventLog } from '../event-log.ts';
import { fitPrepared, refuseOtherData } from '../fit-run.ts';
import { prepareFit } from '../prepare-fit.ts';
import type { FitRunRequest } from '../requests.ts';
import type { ClusterWorkers } from './cluster-workers.ts';
import { greetTask } from './greet-task.ts';
import {
  isWorthRounds,
  LEAST_PASS,
  planRounds,
  statedCosts,
  type RoundCosts,
  type RoundsQuestion,
} from './rounds-rule.ts';

/** What decides, instead of what is stated and measured; for tests. */
export interface RoundsRule {
  readonly costs?: RoundCosts;
  readonly isWorth?: typeof isWorthRounds;
}

export interface RoundsAsked extends RoundsQuestion {
  readonly costs: RoundCosts;
  readonly rule: RoundsRule;
  /** Jobs at most by what is stated. */
  readonly most: number;
}

/** Looked for often while rounds follow each other, and kept while there are none for some time, as on coarse levels. */
export const ROUNDS_PACE = { poll: { least: 2, most: 200 }, idle: 600 } as const;

/** Jobs that start within this time of the first take part, ms; each is kept as long by a greeting that others may come. */
const GATHERING = 3000;
const GREETING = 1000;
/** Rounds and passes that are made to be measured, the first of which is left out. */
const TRIAL_ROUNDS = 6;
const TRIAL_PASSES = 3;

type Tell = (text: string) => void;
type Context = TaskContext & { readonly signal: AbortSignal };

/** What can be said before anything is submitted or read but the header; null: the fit is one job. */
export async function askForRounds(
  { file, config }: FitRunRequest,
  rule: RoundsRule,
  tell: Tell,
): Promise<RoundsAsked | null> {
  const { cluster = DEFAULT_CLUSTER, chunks } = config.parallel;
  const { cores, jobs } = cluster;
  if (!chunks || jobs < 2) return null;
  const points = await pointsOf(file, config.data.q);
  if (points === null) return null;
  const costs = rule.costs ?? statedCosts(config.convention);
  const question = { points, cores, jobs };
  const plan = planRounds(question, costs);
  const facts = `a pass over ${points} points takes about ${ms(plan.pass)} on ${coresText(cores)}`;
  if (plan.jobs < 2) {
    tell(`the fit is one job: ${facts}; rounds over several jobs are tried from ${LEAST_PASS} ms on`);
    return null;
  }
  tell(`up to ${plan.jobs} jobs may share each pass: ${facts}, a round ${ms(costs.round)} on top`);
  return { ...question, costs, rule, most: plan.jobs };
}

/** Points of the ring that is to be fitted, at most; null of a file that will be refused. */
async function pointsOf(file: string, q: number | null): Promise<number | null> {
  try {
    const rings = await listRings(file, file);
    const near = rings.find((ring) => ring.q !== null && q !== null && Math.abs(ring.q - q) <= 0.01 * q) ?? rings[0];
    return near === undefined ? null : pointsOfJob(near);
  } catch (error) {
    if (isTwotimeError(error)) return null;
    throw error;
  }
}

/**
 * Fit in rounds; null when one job does better, with everything given back that was brought. As `runFit`; what is found is
 * told.
 */
export async function fitInRounds(
  request: FitRunRequest,
  { points, cores, costs, rule, most }: RoundsAsked,
  { backend, dismissSpare }: ClusterWorkers,
  log: EventLog,
  { context, tell }: { readonly context: Context; readonly tell: Tell },
): Promise<ResultRecord | null> {
  const started = new Date().toISOString();
  const found = await measureRound(backend, most, context);
  const round = rule.costs?.round ?? found.round;
  const { jobs, pass } = planRounds({ points, cores, jobs: found.hosts }, { ...costs, round });
  const there = `${found.hosts} of ${most} jobs are there, a round in which nothing is computed takes ${ms(found.round)}`;
  if (jobs < 2) {
    tell(`the fit is one job: ${there}, a pass about ${ms(pass)} on one of them`);
    return null;
  }
  tell(`${there}: ${jobs} jobs are tried`);
  await using prepared = await prepareFit(request, log, context);
  refuseOtherData(request, prepared);
  const { problem } = prepared;
  await using distributed = await distributeSweeps(problem.sweeps, backend, {
    groups: { count: jobs, threads: cores },
  });
  const { wall, work } = await measurePass(distributed, problem.model, context);
  const isWorth = (rule.isWorth ?? isWorthRounds)(wall, work);
  const times = `a pass takes ${ms(wall)} in ${distributed.parts} jobs of ${coresText(cores)}, and their parts one after the other ${ms(work)}`;
  tell(`${isWorth ? 'the fit goes in rounds' : 'the fit is one job'}: ${times}`);
  await dismissSpare();
  if (!isWorth) return null;
  const { sweeps, sweepsPerRound } = distributed;
  const inRounds = { ...prepared, problem: { ...problem, sweeps }, sweepsPerRound };
  return await fitPrepared(request, inRounds, started, log, context.signal);
}

/** How many jobs are there, and how long a round of them takes in which nothing is computed, ms. */
async function measureRound(
  backend: ExecutionBackend,
  jobs: number,
  { signal }: Context,
): Promise<{ readonly hosts: number; readonly round: number }> {
  let number = 0;
  const ask = (count: number, wait: number, stop: AbortSignal): Promise<string>[] =>
    Array.from({ length: count }, () => backend.submit(greetTask, { number: ++number, wait }, { signal: stop }));
  const enough = new AbortController();
  const greetings = ask(jobs, GREETING, AbortSignal.any([signal, enough.signal]));
  const all = Promise.allSettled(greetings);
  await Promise.race(greetings);
  const late = setTimeout(() => enough.abort('the others have not started'), GATHERING);
  const there = (await all).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  clearTimeout(late);
  throwIfCancelled({ signal });
  const hosts = new Set(there).size;
  const times: number[] = [];
  for (let trial = 0; trial < TRIAL_ROUNDS; trial++) {
    const began = performance.now();
    await Promise.all(ask(hosts, 0, signal));
    times.push(performance.now() - began);
  }
  return { hosts, round: middle(times.slice(1)) };
}

/** Time of a pass in rounds, and time that hosts computed in it, added up, ms. */
async function measurePass(
  { sweeps, lastWork }: DistributedSweeps,
  model: TwoTimeModel,
  context: Context,
): Promise<{ readonly wall: number; readonly work: number }> {
  const names = physicalParameters(model.mode).map(({ name }) => name);
  const one = new Float64Array(sweeps.data.angles).fill(1);
  const scaling = { contrast: one, offset: one, weight: one };
  const wall: number[] = [];
  const work: number[] = [];
  for (let trial = 0; trial < TRIAL_PASSES; trial++) {
    // Others each time: what was asked before is not computed again.
    const values = { D0: 1000 + trial, gamma_dot_t0: 1e-3 };
    const all = Object.fromEntries(names.map((name) => [name, 0]));
    const at = { ...all, ...Object.fromEntries(Object.entries(values).filter(([name]) => name in all)) };
    const began = performance.now();
    await sweeps.normal(model.physics(at), model.sensitivities(at, names), scaling, context);
    wall.push(performance.now() - began);
    work.push(lastWork());
  }
  return { wall: middle(wall.slice(1)), work: middle(work.slice(1)) };
}

function middle(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1]!;
}

function ms(time: number): string {
  return `${time.toFixed(time < 10 ? 1 : 0)} ms`;
}

function coresText(cores: number): string {
  return cores === 1 ? 'one core' : `${cores} cores`;
}
