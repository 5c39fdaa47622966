/** Results: the record of a fit, its digest, and the files a run leaves behind. */
export { writeFileAtomically } from './atomic-file.ts';
export type { FileContent } from './atomic-file.ts';
export { digestOutcome } from './digest.ts';
export { INDEPENDENT_ERRORS, makeResultRecord, NOT_COMPUTED } from './make-result-record.ts';
export type { ResultInput } from './make-result-record.ts';
export { parametersCsv } from './parameters-csv.ts';
export { describeMachine, makeProvenance, PROVENANCE_SCHEMA } from './provenance.ts';
export type { MachineRecord, ProvenanceInput, ProvenanceRecord } from './provenance.ts';
export { RESULT_SCHEMA } from './result-record.ts';
export type * from './result-record.ts';
