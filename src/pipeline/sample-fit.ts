/** The posterior of a fit in a run: chains are kept in its folder while they are drawn, and taken up from there. */
import { createHash } from 'node:crypto';
import {
  fitAdjustment,
  oneAfterTheOther,
  parameterPriors,
  posteriorPredictive,
  sampleTwoTime,
  type PosteriorOrigin,
  type PosteriorPredictive,
  type PosteriorProblem,
  type Provisional,
  type SampledPosterior,
  type SampleOptions,
} from '../bayes/index.ts';
import { ConfigRefused, isTwotimeError } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { Config } from '../config/index.ts';
import { freeParameters } from '../nlsq/free-parameters.ts';
import type { FitOutcome } from '../nlsq/index.ts';
import { provisionalText } from '../report/index.ts';
import { digestOutcome, posteriorRecord, type PosteriorRecord } from '../results/index.ts';
import { ChainJournal, CHAINS_FILE, readChains } from './chain-journal.ts';
import type { EventLog } from './event-log.ts';
import { parameterSettings, priorsOf, sampleOptions } from './requests.ts';
import { sampleByShards } from './sample-by-shards.ts';
import { packageVersion } from './versions.ts';
import type { FinishedFit } from './write-run.ts';

/** The posterior of a run, to be written. */
export interface RunPosterior {
  readonly sampled: SampledPosterior;
  /** Null when sampling was stopped before. */
  readonly predictive: PosteriorPredictive | null;
  readonly record: PosteriorRecord;
}

/** What can be refused before the data are read. Throws `ConfigRefused`. */
export function checkSampling(config: Config): void {
  const { fit, sample } = config;
  const free = freeParameters(parameterSettings(config));
  if (free.names.length === 0) {
    throw new ConfigRefused('there is no free parameter to sample', {
      where: { key: 'parameters' },
      help: 'let at least one parameter vary, or run twotime fit',
    });
  }
  parameterPriors({ priors: priorsOf(config) }, free);
  if (fit.weights !== 'none') {
    throw new ConfigRefused(`a posterior of a fit with weights by ${fit.weights} is not known`, {
      where: { key: 'fit.weights' },
      help: 'write fit.weights: none, or run twotime fit',
    });
  }
  if (sample.likelihood === 'adjusted' && fit.errors === 'independent') {
    throw new ConfigRefused('an adjusted likelihood has the width of the speckle errors, which are switched off', {
      where: { key: 'fit.errors' },
      help: 'remove fit.errors: independent, or write sample.likelihood: independent (too narrow for real speckle data)',
    });
  }
}

/**
 * Sample the posterior of a fit that has ended. A posterior that does not exist is a warning, `not-sampled`, and the fit
 * stands. What is stopped meanwhile comes back with status `cancelled`. Throws `InputRefused` for damaged chains in the
 * folder, `OutputFailed` when chains cannot be kept.
 */
export async function sampleFit(fitted: FinishedFit, log: EventLog, context: TaskContext): Promise<FinishedFit> {
  const { request, directory, outcome } = fitted;
  if (outcome.status === 'cancelled') return fitted;
  const warn = (warning: Warning): void => log.record({ kind: 'warning', warning });
  const notSampled = (why: string): FinishedFit => {
    warn({ code: 'not-sampled', text: `there is no posterior: ${why}` });
    return fitted;
  };
  if (outcome.status === 'failed') return notSampled('the fit failed');
  const { from } = request;
  if (from !== undefined && from.digest !== null && from.digest !== digestOutcome(outcome)) {
    const text = `the fit differs from that of ${from.run}: another version of the program, or other settings`;
    warn({ code: 'fit-differs', text });
  }
  const began = performance.now();
  const path = directory.file(CHAINS_FILE);
  const identity = identityOf(fitted);
  const held = await readChains(path, identity);
  await using journal = new ChainJournal(path, identity, held);
  try {
    const options = {
      ...sampleOptions(request.config),
      ...adjustmentOf(request.config, outcome),
      provisional: (found: Provisional) => {
        const lines = provisionalText(found, request.config.sample.likelihood === 'independent');
        log.record({ kind: 'log', level: 'info', text: lines.join('\n') });
      },
    };
    const question = [posteriorProblem(fitted), originOf(outcome)] as const;
    const sampled =
      request.config.sample.method === 'cmc'
        ? await sampleByShards(fitted, question, options, warn, context)
        : await sampleTwoTime(
            ...question,
            {
              ...options,
              ...waysOfChains(fitted, log, warn),
              ...{ afterBlock: journal.append, resumeFrom: held?.chains },
            },
            context,
          );
    sampled.warnings.forEach(warn);
    const isStopped = sampled.chains?.stoppedBy === 'signal';
    const { dataset, problem } = fitted;
    const predictive = isStopped
      ? null
      : posteriorPredictive({ sampled, model: problem.model, data: dataset.triangles });
    const record = posteriorRecord({
      ...{ sampled, predictive, priors: priorsOf(request.config), phi: dataset.phi },
      likelihood: request.config.sample.likelihood,
      seconds: (performance.now() - began) / 1000,
    });
    return { ...(isStopped ? stopped(fitted) : fitted), posterior: { sampled, predictive, record } };
  } catch (error) {
    if (isTwotimeError(error, 'Cancelled')) return stopped(fitted);
    if (isTwotimeError(error, 'InputRefused')) return notSampled(`${error.message}; ${error.help}`);
    throw error;
  }
}

/** Fewer points than this are not worth any other thread. */
const FEWEST_POINTS = 500;
/** Up to so many points every worker may have a copy of the data; above them workers share the tiles of each pass. */
const MOST_POINTS_PER_CHAIN = 2e6;

/**
 * How the chains run; their draws do not depend on it. Small data are copied to the workers, which have a chain each;
 * large ones are swept over by all workers, each pass serving all chains (measured in docs/sampling.md).
 */
function waysOfChains(
  { request, outcome, compute }: FinishedFit,
  log: EventLog,
  warn: (warning: Warning) => void,
): Pick<SampleOptions, 'chainMethod' | 'backend'> {
  const { chains, chainMethod } = request.config.sample;
  const { points } = outcome.cost;
  const workers = compute.togetherOver(warn);
  const say = (text: string): void => log.record({ kind: 'log', level: 'info', text });
  if (chainMethod === 'sequential') {
    say(`${chains} chains run one after the other, as asked`);
    return { chainMethod: oneAfterTheOther };
  }
  const why =
    points < FEWEST_POINTS
      ? `${points} points are fewer than ${FEWEST_POINTS}`
      : workers < 2 || compute.tasks === null
        ? 'there is one worker'
        : null;
  if (why !== null && chains > 1) {
    warn({ code: 'chains-sequential', text: `${chains} chains run one after the other: ${why}` });
    return { chainMethod: oneAfterTheOther };
  }
  if (chains > 1 && points <= MOST_POINTS_PER_CHAIN && compute.tasks !== null) {
    say(`${chains} chains run on ${workers} workers, each with a copy of the ${points} points`);
    return { backend: compute.tasks };
  }
  say(`${chains} chains run side by side: ${workers} workers share each pass over the data, which serves all chains`);
  return {};
}

function stopped(fitted: FinishedFit): FinishedFit {
  const reason = 'stopped while the posterior was sampled';
  return { ...fitted, outcome: { ...fitted.outcome, status: 'cancelled', reason } };
}

function posteriorProblem({ request, problem }: FinishedFit): PosteriorProblem {
  return { ...problem, sigma: problem.noise.sigma, priors: priorsOf(request.config) };
}

function originOf({ parameters, scaling }: FitOutcome): PosteriorOrigin {
  return {
    values: Object.fromEntries(parameters.map(({ name, value }) => [name, value])),
    contrast: Float64Array.from(scaling, ({ contrast }) => contrast.value),
    offset: Float64Array.from(scaling, ({ offset }) => offset.value),
  };
}

function adjustmentOf({ sample }: Config, outcome: FitOutcome): Pick<SampleOptions, 'adjustment'> {
  return sample.likelihood === 'adjusted' ? { adjustment: fitAdjustment(outcome) } : {};
}

/** Chains may go on when all of this is the same; how many draws are wanted does not matter. */
function identityOf({ request, outcome, compute }: FinishedFit): string {
  const { sample, seed } = request.config;
  const { likelihood, chains, warmup } = sample;
  const program = [packageVersion(), compute.kernels.hash];
  const asked = { likelihood, chains, warmup, seed, priors: priorsOf(request.config) };
  return createHash('sha256')
    .update(JSON.stringify([digestOutcome(outcome), program, asked]))
    .digest('hex');
}
