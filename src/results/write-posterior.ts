/** Have the files of a posterior written: `posterior.nc`, `samples.npz` and `posterior.csv`. */
import { join } from 'node:path';
import type { PosteriorPredictive, Quantity, SampledPosterior } from '../bayes/index.ts';
import type { Dataset } from '../data/dataset.ts';
import { encodeNpz, writeNetcdf, type WriteGroup } from '../data/index.ts';
import type { TwoTimeModel } from '../model/index.ts';
import { posteriorArrays } from './posterior-arrays.ts';
import { posteriorCsv } from './posterior-csv.ts';
import { posteriorNetcdf } from './posterior-netcdf.ts';
import type { PosteriorRecord } from './posterior-record.ts';

export interface PosteriorFilesInput {
  readonly sampled: SampledPosterior;
  readonly record: PosteriorRecord;
  /** Null when it was not looked at; the groups posterior_predictive and observed_data are then left out. */
  readonly predictive: PosteriorPredictive | null;
  /** Draws from the priors (`priorDraws`). */
  readonly prior: readonly Quantity[];
  readonly dataset: Dataset;
  readonly model: TwoTimeModel;
  /** Of this package. */
  readonly version: string;
  /** When the run began, ISO 8601. */
  readonly started: string;
}

export const POSTERIOR_NETCDF_FILE = 'posterior.nc';
export const SAMPLES_FILE = 'samples.npz';
export const POSTERIOR_TABLE_FILE = 'posterior.csv';

/** The three files; those of the draws are made when their turn has come. */
export async function putPosteriorFiles(
  files: WriteGroup,
  directory: string,
  input: PosteriorFilesInput,
): Promise<void> {
  const at = (name: string): string => join(directory, name);
  const { sampled, record, predictive, dataset } = input;
  const numbers = sampled.quantities.reduce((sum, { draws }) => sum + draws.length * draws[0]!.length, 0);
  const points = (predictive?.cuts ?? []).reduce((sum, cut) => sum + cut.replicate.length, 0);
  await files.put({
    path: at(POSTERIOR_NETCDF_FILE),
    content: {
      write: (path) => {
        const { attributes, groups } = posteriorNetcdf(input);
        return writeNetcdf(path, attributes, groups);
      },
    },
    // Once as an array and once in the library, replicates in single precision.
    bytes: 16 * numbers + 8 * points,
  });
  await files.put({
    path: at(SAMPLES_FILE),
    content: () => encodeNpz(posteriorArrays({ sampled, dataset })),
    bytes: 8 * numbers,
  });
  await files.put({ path: at(POSTERIOR_TABLE_FILE), content: posteriorCsv(record, dataset) });
}
