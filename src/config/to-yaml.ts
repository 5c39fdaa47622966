/** A resolved configuration as a file: every key with its value and where it came from, readable to the same configuration. */
import { formatQuantity } from '../base/units.ts';
import { physicalParameters } from '../model/parameters.ts';
import { clusterLines } from './cluster-section.ts';
import type { Config, ParameterConfig, Range } from './config.ts';
import { formatAngles, formatFrames } from './ranges.ts';
import { formatPrior } from './priors.ts';
import { formatProfile } from './profile-field.ts';
import { rayLines } from './ray-section.ts';

/** One line: a key, its text (null: nothing to write, only the note), and a note on what absence means. */
type Line = readonly [key: string, text: string | null, absence?: string];

/**
 * Write a configuration as YAML. The comment behind each value is its origin: `default`, `file` or `command line`. Keys
 * without a value, such as a start that is found from the data, appear as comments.
 */
export function toYaml(config: Config): string {
  const write = (section: string, lines: readonly Line[], indent: string): string[] =>
    lines.map(([key, text, absence]) => {
      const path = section === '' ? key : `${section}.${key}`;
      if (text === null) return `${indent}# ${key}: ${absence ?? 'not given'}`;
      return `${indent}${key}: ${text} # ${config.origins.get(path) ?? 'default'}`;
    });
  const section = (name: string, lines: readonly Line[]): string[] => [`${name}:`, ...write(name, lines, '  ')];

  const orderMatters = config.scaling.mode === 'fourier' || config.origins.get('scaling.order') !== 'default';
  const { data, grid, scaling, fit, noise, sample, parallel, output } = config;
  const text = [
    ...write(
      '',
      [
        ['schema', 'twotime/1'],
        ['model', config.model],
        ['convention', config.convention],
        ['seed', String(config.seed)],
      ],
      '',
    ),
    ...section('data', [
      ['q', data.q === null ? 'from-file' : formatQuantity(data.q, 'wavevector')],
      ['gap', data.gap === null ? null : formatQuantity(data.gap, 'length'), 'model static has none'],
      ['dt', data.dt === null ? 'from-file' : formatQuantity(data.dt, 'time')],
      ['t0', formatQuantity(data.t0, 'time')],
      ['phi', data.phi === null ? 'all' : list(data.phi, formatAngles)],
      ['frames', data.frames === null ? 'all' : `${data.frames.first}..${data.frames.last}`],
      ['exclude_frames', list(data.excludeFrames, formatFrames)],
      ['exclude_phi', list(data.excludePhi, formatAngles)],
      ['allow_nan', String(data.allowNan)],
    ]),
    ...(grid === null
      ? []
      : section('grid', [
          ['frames', String(grid.frames)],
          ['dt', formatQuantity(grid.dt, 'time')],
          ['phi', `[${grid.phi.map((angle) => formatQuantity(angle, 'angle')).join(', ')}]`],
        ])),
    'parameters:',
    ...physicalParameters(config.model).flatMap((info) => [
      `  ${info.name}:`,
      ...write(
        `parameters.${info.name}`,
        parameterLines(config.parameters[info.name]!, (value) => formatQuantity(value, info.dimension), [
          'prior',
          formatPrior(config.parameters[info.name]!.prior, info.dimension),
        ]),
        '    ',
      ),
    ]),
    ...section('scaling', [
      ['mode', scaling.mode],
      ['contrast', numbers(scaling.contrast), 'found from the data'],
      ['offset', numbers(scaling.offset), 'found from the data'],
      ['order', orderMatters ? String(scaling.order) : null, 'read by mode fourier'],
    ]),
    ...section('fit', [
      ['start', fit.start],
      ['starts', String(fit.starts)],
      ['weights', fit.weights],
      ['errors', fit.errors],
      ['max_iterations', String(fit.maxIterations)],
      ['profile', formatProfile(fit.profile)],
    ]),
    ...section('noise', [['sigma', String(noise.sigma)]]),
    ...section('sample', [
      ['method', sample.method],
      ['likelihood', sample.likelihood],
      ['chains', String(sample.chains)],
      ['warmup', String(sample.warmup)],
      ['draws', String(sample.draws)],
      ['until', String(sample.until)],
      ['max_time', sample.maxTime === null ? 'none' : formatQuantity(sample.maxTime, 'time')],
      ['chain_method', sample.chainMethod],
      ['shards', String(sample.shards)],
      ['batch', String(sample.batch)],
    ]),
    ...section('parallel', [
      ['backend', parallel.backend],
      ['workers', String(parallel.workers)],
      ['fallback', parallel.fallback],
      ['chunks', String(parallel.chunks)],
      ['memory', formatQuantity(parallel.memory, 'size')],
    ]),
    ...clusterText(config, write),
    ...section('output', [
      ['figures', String(output.figures)],
      ['arrays', String(output.arrays)],
    ]),
  ];
  return `${text.join('\n')}\n`;
}

/** Of a configuration that says nothing of clusters, nothing. */
function clusterText(
  { parallel: { cluster, ray }, origins }: Config,
  write: (section: string, lines: readonly Line[], indent: string) => string[],
): string[] {
  const parts: [string, readonly Line[]][] = [];
  if (cluster !== undefined) parts.push(['cluster', clusterLines(cluster)]);
  if (ray !== undefined) parts.push(['ray', rayLines(ray)]);
  const isGiven = (name: string): boolean =>
    [...origins].some(([key, origin]) => key.startsWith(`parallel.${name}.`) && origin !== 'default');
  return parts
    .filter(([name]) => isGiven(name))
    .flatMap(([name, lines]) => [`  ${name}:`, ...write(`parallel.${name}`, lines, '    ')]);
}

function parameterLines(parameter: ParameterConfig, format: (value: number) => string, prior: Line): Line[] {
  const { value, vary, bounds, tie } = parameter;
  const absence = tie === null ? 'found from the data' : `always that of ${tie}`;
  return [
    ['value', value === null ? null : format(value), absence],
    ['vary', String(vary)],
    ['bounds', `[${bounds.map(format).join(', ')}]`],
    prior,
    ['tie', tie, 'none'],
  ];
}

function list(ranges: readonly Range[], format: (range: Range) => string): string {
  return `[${ranges.map(format).join(', ')}]`;
}

function numbers(value: number | readonly number[] | null): string | null {
  if (value === null) return null;
  return typeof value === 'number' ? String(value) : `[${value.join(', ')}]`;
}
