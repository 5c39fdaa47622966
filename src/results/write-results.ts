/** Write the numbers of a run: `fit.npz`, then `parameters.csv`, `provenance.json` and, last of all, `result.json`. */
import { join } from 'node:path';
import { settleAll } from '../base/settle.ts';
import { toJson } from '../base/json.ts';
import { encodeNpz, writeFileAtomically } from '../data/index.ts';
import { fitArrays } from './fit-arrays.ts';
import type { FitArraysInput } from './fit-arrays.ts';
import { parametersCsv } from './parameters-csv.ts';
import type { ProvenanceRecord } from './provenance.ts';
import type { ResultRecord } from './result-record.ts';

/** Exactly the content of `result.json`, also what `--json` prints. */
export function resultJson(record: ResultRecord): string {
  return `${toJson(record)}\n`;
}

/** `fit.npz`, streamed; with the (P, N, N) arrays when `full`. */
export async function writeFitArrays(directory: string, input: FitArraysInput, full: boolean): Promise<void> {
  await writeFileAtomically(join(directory, 'fit.npz'), encodeNpz(fitArrays(input, full)));
}

/** `parameters.csv` and `provenance.json`. */
export async function writeTables(
  directory: string,
  record: ResultRecord,
  provenance: ProvenanceRecord,
): Promise<void> {
  await settleAll([
    writeFileAtomically(join(directory, 'parameters.csv'), parametersCsv(record)),
    writeFileAtomically(join(directory, 'provenance.json'), `${toJson(provenance)}\n`),
  ]);
}

/** `result.json`, whose presence means that the run is complete: to be written when everything else is. */
export async function writeResult(directory: string, record: ResultRecord): Promise<void> {
  await writeFileAtomically(join(directory, 'result.json'), resultJson(record));
}
