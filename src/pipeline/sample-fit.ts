/** The posterior of a fit in a run: chains are kept in its folder while they are drawn, and taken up from there. */
import { createHash } from 'node:crypto';
import {
  parameterPriors,
  posteriorPredictive,
  sampleTwoTime,
  type PosteriorPredictive,
  type Provisional,
  type SampledPosterior,
} from '../bayes/index.ts';
import { ConfigRefused, isTwotimeError } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { Config } from '../config/index.ts';
import { freeParameters } from '../nlsq/free-parameters.ts';
import { provisionalText } from '../report/index.ts';
import { digestOutcome, type PosteriorRecord } from '../results/index.ts';
import { posteriorRecord } from '../results/posterior-record.ts';
import { ChainJournal, CHAINS_FILE, readChains } from './chain-journal.ts';
import type { EventLog } from './event-log.ts';
import { posteriorQuestion, priorsOf, type PosteriorQuestion } from './posterior-question.ts';
import { parameterSettings } from './requests.ts';
import { sampleByShards } from './sample-by-shards.ts';
import { packageVersion } from './versions.ts';
import { wayToSample } from './way-to-sample.ts';
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
  checkPriors(config);
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

/** Throws `ConfigRefused` when the prior of a free parameter contradicts its bounds. */
export function checkPriors(config: Config): void {
  parameterPriors({ priors: priorsOf(config) }, freeParameters(parameterSettings(config)));
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
  const keeping = { afterBlock: journal.append, resumeFrom: held?.chains };
  try {
    const question = posteriorQuestion(fitted.problem, outcome, request.config);
    const options = {
      ...question.options,
      provisional: (found: Provisional) => {
        const lines = provisionalText(found, request.config.sample.likelihood === 'independent');
        log.record({ kind: 'log', level: 'info', text: lines.join('\n') });
      },
    };
    const sampled =
      request.config.sample.method === 'cmc'
        ? await sampleByShards(fitted, { ...question, options }, warn, context)
        : await sampleHere(fitted, { ...question, options: { ...options, ...keeping } }, log, context);
    sampled.warnings.forEach(warn);
    const isStopped = sampled.chains?.stoppedBy === 'signal';
    const { dataset } = fitted;
    const predictive = isStopped
      ? null
      : posteriorPredictive({ sampled, model: fitted.problem.model, data: dataset.triangles });
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

async function sampleHere(
  fitted: FinishedFit,
  { problem, origin, options }: PosteriorQuestion,
  log: EventLog,
  context: TaskContext,
): Promise<SampledPosterior> {
  const warn = (warning: Warning): void => log.record({ kind: 'warning', warning });
  await using way = await wayToSample(fitted, log, warn);
  return await sampleTwoTime({ ...problem, sweeps: way.sweeps }, origin, { ...options, ...way.options }, context);
}

function stopped(fitted: FinishedFit): FinishedFit {
  const reason = 'stopped while the posterior was sampled';
  return { ...fitted, outcome: { ...fitted.outcome, status: 'cancelled', reason } };
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
