/**
 * The one truth about configuration files: every key, how it is read, its default, and what editors are told.
 *
 * Parsing gives values in base units with the defaults of independent keys filled in; `resolve.ts` adds what depends on
 * several keys.
 */
import { z } from 'zod';
import { PLAUSIBLE } from '../data/plausibility.ts';
import type { Convention, Mode } from '../model/two-time-model.ts';
import type {
  FitConfig,
  NoiseConfig,
  OutputConfig,
  ParallelConfig,
  Range,
  SampleConfig,
  ScalingMode,
} from './config.ts';
import { clusterSection } from './cluster-section.ts';
import { field, fieldWithDefault, orJson, quantityJson, section, wordsJson, type JsonSchema } from './field.ts';
import { parametersSchema, type ParsedParameter } from './parameter-schema.ts';
import { profileField } from './profile-field.ts';
import { raySection } from './ray-section.ts';
import { readAngleList, readAngleListOrNone, readDistinctAngles, readFrameList, readFrameWindow } from './ranges.ts';
import {
  accepted,
  readBoolean,
  readListOf,
  readQuantityOf,
  readWhole,
  readWord,
  readWordOr,
  refused,
  type QuantityLimits,
  type Reader,
} from './reading.ts';

/** What a reader of q, gap or dt takes for a likely value, in base units. */
function likely(quantity: keyof typeof PLAUSIBLE): QuantityLimits {
  const [, lowest, highest] = PLAUSIBLE[quantity];
  return { plausible: [lowest, highest], sign: 'positive' };
}

/** A parsed file: keys as the file spells them, values in base units. */
export interface ParsedConfig {
  readonly schema: 'twotime/1';
  readonly model: Mode;
  readonly convention: Convention;
  readonly data: {
    readonly q: number | null;
    readonly gap?: number | undefined;
    readonly dt: number | null;
    readonly t0: number;
    readonly phi: readonly Range[] | null;
    readonly frames: Range | null;
    readonly exclude_frames: readonly Range[];
    readonly exclude_phi: readonly Range[];
    readonly allow_nan: boolean;
  };
  readonly grid?:
    | { readonly frames: number; readonly dt?: number | undefined; readonly phi: readonly number[] }
    | undefined;
  readonly parameters: Readonly<Record<string, ParsedParameter | undefined>>;
  readonly scaling: {
    readonly mode: ScalingMode;
    readonly contrast?: number | readonly number[] | undefined;
    readonly offset?: number | readonly number[] | undefined;
    readonly order: number;
  };
  readonly seed: number;
  readonly fit: {
    readonly start: FitConfig['start'];
    readonly starts: number;
    readonly weights: FitConfig['weights'];
    readonly errors: FitConfig['errors'];
    readonly max_iterations: number;
    readonly profile: FitConfig['profile'];
  };
  readonly noise: NoiseConfig;
  readonly sample: Omit<SampleConfig, 'chainMethod' | 'maxTime'> & {
    readonly chain_method: SampleConfig['chainMethod'];
    readonly max_time: SampleConfig['maxTime'];
  };
  readonly parallel: ParallelConfig;
  readonly output: OutputConfig;
}

/** Lowest and highest value; the highest keeps a slip of the keyboard from taking all memory. */
type Limits = readonly [number, number?];

const wholeJson = ([minimum, maximum]: Limits): JsonSchema => ({
  type: 'integer',
  minimum,
  ...(maximum === undefined ? {} : { maximum }),
});

function words<const W extends string>(all: readonly W[], fallback: W, description: string): z.ZodType<W> {
  return fieldWithDefault(readWord(all), fallback, description, wordsJson(all));
}

function whole(limits: Limits, fallback: number, description: string): z.ZodType<number> {
  return fieldWithDefault(readWhole(...limits), fallback, description, wholeJson(limits));
}

function wholeOr<const W extends string>(word: W, limits: Limits, description: string): z.ZodType<number | W> {
  return fieldWithDefault<number | W>(readWordOr(word, word, readWhole(...limits)), word, description, {
    anyOf: [{ const: word }, wholeJson(limits)],
  });
}

function flag(fallback: boolean, description: string): z.ZodType<boolean> {
  return fieldWithDefault(readBoolean, fallback, description, { type: 'boolean' });
}

const angleJson = orJson(quantityJson('angle', ['45 deg']), {
  type: 'string',
  pattern: String.raw`\.\.`,
  examples: ['-10 deg..10 deg'],
});
const anglesJson = orJson(angleJson, { type: 'array', items: angleJson });
const frameJson: JsonSchema = {
  anyOf: [wholeJson([1]), { type: 'string', pattern: String.raw`^\s*\d+\s*\.\.\s*\d+\s*$` }],
};

const dataSchema = section('what to read from a data file, and what the file does not say', {
  q: fieldWithDefault(
    readWordOr('from-file', null, readQuantityOf('wavevector', likely('q'))),
    'from-file',
    'wavevector of the ring to fit; from-file takes the only ring a file has',
    orJson(quantityJson('wavevector', ['0.0237 1/Angstrom'], false), { const: 'from-file' }),
  ),
  gap: field(
    readQuantityOf('length', likely('gap')),
    'rotor-stator gap of the shear cell; required under laminar_flow',
    quantityJson('length', ['200 um'], false),
  ).optional(),
  dt: fieldWithDefault(
    readWordOr('from-file', null, readQuantityOf('time', likely('dt'))),
    'from-file',
    'time between frames',
    orJson(quantityJson('time', ['100 ms'], false), { const: 'from-file' }),
  ),
  t0: fieldWithDefault(
    readQuantityOf('time', { sign: 'not negative' }),
    '0 s',
    'time of the first frame of the window',
    quantityJson('time', ['1 s']),
  ),
  phi: fieldWithDefault(
    readWordOr('all', null, readAngleList),
    'all',
    'angles to fit: all, or a list of angles and ranges',
    orJson(anglesJson, { const: 'all' }),
  ),
  frames: fieldWithDefault(
    readWordOr('all', null, readFrameWindow),
    'all',
    'frames to fit: all, or first..last, counted from 1, both included',
    orJson({ type: 'string', pattern: String.raw`^\s*\d+\s*\.\.\s*\d+\s*$`, examples: ['1..1000'] }, { const: 'all' }),
  ),
  exclude_frames: fieldWithDefault(readFrameList, [], 'frames to leave out, counted from 1 in the file', {
    anyOf: [frameJson, { type: 'array', items: frameJson }],
  }),
  exclude_phi: fieldWithDefault(readAngleListOrNone, [], 'angles to leave out', anglesJson),
  allow_nan: flag(false, 'fit although more than 1 % of the points are not finite'),
});

const gridSchema = z
  .strictObject({
    frames: whole([3, 100_000], 200, 'number of frames'),
    dt: field(
      readQuantityOf('time', likely('dt')),
      'time between frames; data.dt when absent',
      quantityJson('time', ['100 ms'], false),
    ).optional(),
    phi: fieldWithDefault(readDistinctAngles, ['0 deg', '45 deg', '90 deg'], 'angles', {
      type: 'array',
      items: quantityJson('angle', ['45 deg']),
      minItems: 1,
    }),
  })
  .optional()
  .meta({ description: 'frames and angles of a simulation or a plan; only simulate and design read it' });

const readScaling = (limits: QuantityLimits): Reader<number | readonly number[]> => {
  const one = readQuantityOf('number', limits);
  return (input) => (Array.isArray(input) ? readListOf(one)(input) : one(input));
};
const scalingJson = (item: JsonSchema): JsonSchema => ({
  anyOf: [item, { type: 'array', items: item, minItems: 1 }],
});
const SCALING_MODES = ['per-angle', 'shared', 'fixed', 'fourier'] as const;

const scalingSchema = section('contrast and offset of c2', {
  mode: words(SCALING_MODES, 'per-angle', 'how contrast and offset depend on the angle'),
  contrast: field(
    readScaling({ sign: 'not negative' }),
    'one value, or one per angle: truth of simulate, values of mode: fixed',
    scalingJson({ type: 'number', minimum: 0 }),
  ).optional(),
  offset: field(
    readScaling({}),
    'one value, or one per angle: truth of simulate, values of mode: fixed',
    scalingJson({ type: 'number' }),
  ).optional(),
  order: whole([1, 1000], 2, 'order of the Fourier series in the angle, for mode: fourier'),
});

const WEIGHTS = ['none', 'lag', 'speckle'] as const;

const fitSchema = section('least squares', {
  start: words(
    ['own', 'previous'],
    'own',
    'start values; previous: in a batch, those of the same q in the file before',
  ),
  starts: whole([1, 10_000], 8, 'number of starts; 1 uses the given start alone'),
  weights: fieldWithDefault(
    readWord(WEIGHTS),
    'none',
    'weights of the points; lag refines the fit with 1/variance by lag, speckle with the inverse covariance of thermal speckle',
    wordsJson(WEIGHTS),
  ),
  errors: words(
    ['speckle', 'independent'],
    'speckle',
    'standard errors; independent: only as if all points were independent, quicker and usually too small',
  ),
  max_iterations: whole([1], 100, 'iterations per start on the full data'),
  profile: profileField,
});

const noiseSchema = section('noise level', {
  sigma: fieldWithDefault(
    readWordOr('from-data', 'from-data', readQuantityOf('number', { sign: 'positive' })),
    'from-data',
    'noise of one point: estimated per angle from the data, or a number',
    { anyOf: [{ const: 'from-data' }, { type: 'number', exclusiveMinimum: 0 }] },
  ),
});

const sampleSchema = section('Bayesian analysis', {
  method: words(['auto', 'psis', 'nuts', 'cmc'], 'auto', 'sampling method'),
  likelihood: words(
    ['adjusted', 'independent'],
    'adjusted',
    'adjusted: the width that covers; independent: as other programs',
  ),
  chains: whole([1, 1000], 4, 'number of chains'),
  warmup: wholeOr('auto', [0], 'warmup steps per chain; auto: 50 where the fit gives the metric, else 400'),
  draws: wholeOr('auto', [4, 1_000_000], 'draws per chain; auto: until the chains agree'),
  until: fieldWithDefault<SampleConfig['until']>(
    readWordOr('auto', 'auto', readWordOr('draws', 'draws', readWhole(1))),
    'auto',
    'effective draws (and R-hat below 1.01) at which chains stop; draws: never before draws; auto: 400 if draws is auto',
    { anyOf: [{ enum: ['auto', 'draws'] }, wholeJson([1])] },
  ),
  max_time: fieldWithDefault<SampleConfig['maxTime']>(
    readWordOr('none', null, readQuantityOf('time', { sign: 'positive' })),
    'none',
    'time that sampling may take',
    { anyOf: [{ const: 'none' }, quantityJson('time', ['60 s'], false)] },
  ),
  chain_method: words(['parallel', 'sequential'], 'parallel', 'how chains run'),
  shards: wholeOr('auto', [1, 1000], 'parts of the data for method cmc; auto: one per 100,000 points, 16 at most'),
  batch: flag(false, 'a batch samples the posterior of every job'),
});

const parallelSchema = section('where the work runs', {
  backend: words(
    ['auto', 'sequential', 'local', 'slurm', 'pbs', 'ray', 'pjit', 'multiprocessing'],
    'auto',
    'engine that runs the work',
  ),
  workers: wholeOr('auto', [1, 10_000], 'number of workers'),
  fallback: words(['warn', 'error'], 'warn', 'what happens when the engine is missing'),
  chunks: flag(true, 'cut one sweep over all workers'),
  memory: fieldWithDefault(
    readQuantityOf('size', { sign: 'positive' }),
    '2 GB',
    'memory the data may take',
    quantityJson('size', ['2 GB'], false),
  ),
  cluster: clusterSection,
  ray: raySection,
});

const readArrays: Reader<'auto' | boolean> = (input) =>
  typeof input === 'boolean' ? accepted(input) : readWord(['auto'])(input);

const outputSchema = section('what a run writes', {
  figures: flag(true, 'draw figures'),
  arrays: fieldWithDefault(
    (input) => {
      const reading = readArrays(input);
      return reading.ok ? reading : refused(reading.message, 'write auto, true or false');
    },
    'auto',
    'full c2, model and residual in fit.npz; auto writes up to 256 MB',
    { anyOf: [{ const: 'auto' }, { type: 'boolean' }] },
  ),
});

const readSchemaName: Reader<'twotime/1'> = (input) =>
  input === 'twotime/1'
    ? accepted('twotime/1')
    : refused(
        `${typeof input === 'string' ? `'${input}'` : 'this'} is not a schema this version reads`,
        'write schema: twotime/1',
      );

const MODELS: readonly Mode[] = ['static', 'laminar_flow'];

/** The whole file. */
export const configSchema: z.ZodType<ParsedConfig> = z
  .strictObject({
    schema: fieldWithDefault(readSchemaName, 'twotime/1', 'version of this file format', { const: 'twotime/1' }),
    model: field(readWord(MODELS), 'physics: diffusion alone, or diffusion and shear', wordsJson(MODELS)),
    convention: words(['published', 'homodyne2'], 'published', 'published formula, or the one homodyne 2.x computes'),
    data: dataSchema,
    grid: gridSchema,
    parameters: parametersSchema,
    scaling: scalingSchema,
    seed: whole([0], 1, 'seed of every random number'),
    fit: fitSchema,
    noise: noiseSchema,
    sample: sampleSchema,
    parallel: parallelSchema,
    output: outputSchema,
  })
  .meta({ title: 'twotime configuration' });
