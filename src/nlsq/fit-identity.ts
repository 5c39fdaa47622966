/** What decides the numbers of a fit, as plain data: a checkpoint is good for a fit with the same facts only. */
import { InputRefused } from '../base/errors.ts';
import { toPlain, type Checkpoints, type FitCheckpoint, type Plain } from './checkpoint.ts';
import type { FitProblem, ParameterSetting, ScalingChoice } from './problem.ts';

const FACTS_NAMED = 4;

/** The facts of a problem, with the hash of the data and the program that the caller gives. */
export function fitIdentity(problem: FitProblem, { data, program }: Checkpoints): FitCheckpoint['identity'] {
  const { model, noise, parameters, scaling, options } = problem;
  const { mode, convention, q, gap, phi, grid } = model;
  return {
    program,
    data,
    model: {
      ...{ mode, convention, q: toPlain(q), gap: gap === null ? null : toPlain(gap), phi: plainList(phi) },
      ...{ dt: toPlain(grid.dt), t0: toPlain(grid.t0), frames: runsOf(grid.positions) },
    },
    sigma: plainList(noise.sigma),
    order: parameters.map(({ name }) => name),
    parameters: Object.fromEntries(parameters.map((setting) => [setting.name, factsOf(setting)])),
    scaling: scalingFacts(scaling),
    options: {
      starts: options.starts,
      seed: toPlain(options.seed),
      maxIterations: options.maxIterations,
      ...profileFacts(options),
    },
  };
}

/** Said only where profiles are asked for. */
function profileFacts({ profile = [], weights = 'none' }: FitProblem['options']): { readonly [key: string]: Plain } {
  return profile.length === 0 ? {} : { profile: profile.map((names) => names.join(':')), weights };
}

function factsOf({ value, vary, bounds, tie }: ParameterSetting): Plain {
  return { value: value === undefined ? null : toPlain(value), vary, bounds: bounds.map(toPlain), tie: tie ?? null };
}

function scalingFacts(scaling: ScalingChoice): Plain {
  if (scaling.mode !== 'fixed') return { ...scaling };
  return { mode: scaling.mode, contrast: plainList(scaling.contrast), offset: plainList(scaling.offset) };
}

function plainList(numbers: Float64Array): Plain[] {
  return Array.from(numbers, toPlain);
}

/** First and last of every run of consecutive frames. */
function runsOf(positions: Float64Array): [number, number][] {
  const runs: [number, number][] = [];
  for (const position of positions) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] + 1 === position) run[1] = position;
    else runs.push([position, position]);
  }
  return runs;
}

/** Throws `InputRefused` with the facts that differ when the checkpoint is one of another fit. */
export function checkIdentity(checkpoint: FitCheckpoint, expected: FitCheckpoint['identity']): void {
  const different = differences(checkpoint.identity, expected, '');
  if (different.length === 0) return;
  const more = different.length > FACTS_NAMED ? ` and ${different.length - FACTS_NAMED} more` : '';
  const named = different.slice(0, FACTS_NAMED).join(', ');
  throw new InputRefused(`the checkpoint belongs to another fit, with other values of ${named}${more}`, {
    help: 'resume with the same data, settings and program, or run the fit from the beginning',
  });
}

/** Paths of what differs. */
function differences(a: Plain | undefined, b: Plain | undefined, path: string): string[] {
  if (!isBranch(a) || !isBranch(b)) return a === b ? [] : [path];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  if (Array.isArray(a) || Array.isArray(b)) return JSON.stringify(a) === JSON.stringify(b) ? [] : [path];
  return [...keys].flatMap((key) => differences(a[key], b[key], path === '' ? key : `${path}.${key}`));
}

function isBranch(value: Plain | undefined): value is { readonly [key: string]: Plain } {
  return typeof value === 'object' && value !== null;
}
