/**
 * Results: the record of a fit, its digest, and the files of numbers a run leaves behind.
 *
 * ```ts
 * const { full, warning } = decideArrays(config.output.arrays, dataset);
 * await using files = writer.group();
 * await putFitArrays(files, directory, { dataset, outcome, sigma: noise.sigma, shape }, full);
 * const record = makeResultRecord({ outcome, dataset, model, noise, scaling: 'per-angle', timings, versions, warnings });
 * await putTables(files, directory, record, await makeProvenance({ dataset, … }));
 * await files.written();
 * await putResult(files, directory, record);
 * await files.written();
 * ```
 */
export { batchCsv } from './batch-csv.ts';
export { BATCH_SCHEMA, countJobs, JOB_STATUSES, jobResultOf, jobStatusOf, STATUS_SCHEMA } from './batch-record.ts';
export type {
  BatchConfig,
  BatchCounts,
  BatchPlanRecord,
  BatchRecord,
  FolderStatus,
  JobParameter,
  JobRecord,
  JobResult,
  JobStatus,
  PlannedJobRecord,
  StageTimes,
} from './batch-record.ts';
export { COMPARISON_SCHEMA, supportDifferences, unknownsOf } from './comparison-record.ts';
export type { ComparedRun, ComparisonRecord, RankedRun, Ranking } from './comparison-record.ts';
export { DESIGN_SCHEMA, makeDesignRecord } from './design-record.ts';
export type { DesignInput, DesignRecord, PlannedError, PlannedParameterRecord } from './design-record.ts';
export { digestOutcome } from './digest.ts';
export { AUTO_ARRAY_BYTES, decideArrays, fitArrays } from './fit-arrays.ts';
export type { ArraysDecision, FitArraysInput } from './fit-arrays.ts';
export { makeResultRecord } from './make-result-record.ts';
export type { ResultInput } from './make-result-record.ts';
export { parametersCsv } from './parameters-csv.ts';
export type * from './posterior-record.ts';
export { describeMachine, makeProvenance, PROVENANCE_SCHEMA } from './provenance.ts';
export type { MachineRecord, ProvenanceInput, ProvenanceRecord } from './provenance.ts';
export { RERUN_SCHEMA } from './rerun-record.ts';
export type { RerunRecord } from './rerun-record.ts';
export { RESULT_SCHEMA } from './result-record.ts';
export type * from './result-record.ts';
export { BUNDLE_SCHEMA, LEFTOVERS_SCHEMA } from './upkeep-records.ts';
export type { BundledFile, BundleManifest, Leftover, LeftoversRecord } from './upkeep-records.ts';
export { putFitArrays, putResult, putTables, resultJson } from './write-results.ts';
export type { PosteriorFilesInput } from './write-posterior.ts';
