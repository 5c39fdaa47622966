/** Have the numbers of a run written: `fit.npz`, `parameters.csv`, `provenance.json` and, last of all, `result.json`. */
import { join } from 'node:path';
import { toJson } from '../base/json.ts';
import { encodeNpz, type WriteGroup } from '../data/index.ts';
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
export async function putFitArrays(
  files: WriteGroup,
  directory: string,
  input: FitArraysInput,
  full: boolean,
): Promise<void> {
  const { frames } = input.dataset.triangles;
  // One angle's triangle at a time: measured and computed in float32, the shape in float64.
  const bytes = full ? 8 * frames ** 2 : 1e5;
  await files.put({ path: join(directory, 'fit.npz'), content: () => encodeNpz(fitArrays(input, full)), bytes });
}

/** `parameters.csv` and `provenance.json`. */
export async function putTables(
  files: WriteGroup,
  directory: string,
  record: ResultRecord,
  provenance: ProvenanceRecord,
): Promise<void> {
  await files.put({ path: join(directory, 'parameters.csv'), content: parametersCsv(record) });
  await files.put({ path: join(directory, 'provenance.json'), content: `${toJson(provenance)}\n` });
}

/** `result.json`, which tells that a run is whole: to be put when everything else is written. */
export async function putResult(files: WriteGroup, directory: string, record: ResultRecord): Promise<void> {
  await files.put({ path: join(directory, 'result.json'), content: resultJson(record) });
}
