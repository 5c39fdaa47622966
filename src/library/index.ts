/**
 * The library: what `import … from 'twotime'` gives. Nothing here prints or ends the process; errors are thrown.
 *
 * ```ts
 * import { fit, readDataset, sample } from 'twotime';
 *
 * await using dataset = await readDataset('A_0042.h5', { model: 'laminar_flow', data: { gap: '200 um' } });
 * await using fitted = await fit(dataset);
 * console.log(fitted.result.parameters.D0);
 * const posterior = await sample(fitted, { seed: 1 });
 * ```
 */
export { formatError, isTwotimeError, TwotimeError, type ErrorLocation, type ErrorTag } from '../base/errors.ts';
export type { RunEvent, Warning } from '../base/events.ts';
export type { Quantity, SampledPosterior, Summary, Verdict } from '../bayes/index.ts';
export { loadConfig, type Config } from '../config/index.ts';
export type { Dataset } from '../data/index.ts';
export type { FitOutcome } from '../nlsq/index.ts';
export type { BatchRecord, JobRecord, ParameterRecord, ResultRecord } from '../results/index.ts';
export { fit, type FittedDataset } from './fit.ts';
export { readDataset, type CallOptions, type LoadedDataset } from './read-dataset.ts';
export { fitToRun, fitToRuns, type BatchOptions, type RunOptions } from './runs.ts';
export { sample, type SamplingOptions } from './sample.ts';
export { configure, type ParameterSettings, type Settings, type SettingValue } from './settings.ts';
