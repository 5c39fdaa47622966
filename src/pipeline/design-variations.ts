/** The noise and the variations of a plan, read from the command line: `--vary frames=500,1000 --vary contrast=0.1,0.2`. */
import { UsageRefused } from '../base/errors.ts';
import { physicalParameters } from '../model/index.ts';
import type { PlannedNoise } from '../nlsq/design/index.ts';

/** One plan of a table: what to lay over the configuration and the noise. */
export interface Variation {
  /** Names and values as typed, in the order of the options. */
  readonly label: Readonly<Record<string, string>>;
  /** `key.path=value` for the configuration. */
  readonly settings: readonly string[];
  readonly noise: NoiseOptions;
}

/** The texts of `--speckles`, `--photon-noise` and `--photons`. */
export interface NoiseOptions {
  readonly speckles?: string | undefined;
  readonly photonNoise?: string | undefined;
  readonly photons?: string | undefined;
}

const SHORT_KEYS: Readonly<Record<string, string>> = {
  frames: 'grid.frames',
  dt: 'grid.dt',
  phi: 'grid.phi',
  q: 'data.q',
  gap: 'data.gap',
  t0: 'data.t0',
  contrast: 'scaling.contrast',
  offset: 'scaling.offset',
  convention: 'convention',
};
const NOISE_KEYS: Readonly<Record<string, keyof NoiseOptions>> = {
  speckles: 'speckles',
  'photon-noise': 'photonNoise',
  photons: 'photons',
};
/** Rows of a table. */
const MOST_VARIATIONS = 200;

/** All combinations, the last option varying fastest; one plan when nothing is varied. Throws `UsageRefused`. */
export function variationsOf(options: readonly string[], noise: NoiseOptions): Variation[] {
  let all: Variation[] = [{ label: {}, settings: [], noise }];
  for (const option of options) {
    const { name, values } = parseVariation(option);
    if (all.some(({ label }) => name in label)) {
      throw new UsageRefused(`--vary ${name} is given twice`, { help: `write --vary ${name}=A,B,C once` });
    }
    all = all.flatMap((one) => values.map((value) => withValue(one, name, value)));
    if (all.length > MOST_VARIATIONS) {
      throw new UsageRefused(`the variations make more than ${MOST_VARIATIONS} plans`, { help: 'vary less at a time' });
    }
  }
  return all;
}

function withValue(one: Variation, name: string, value: string): Variation {
  const label = { ...one.label, [name]: value };
  const key = NOISE_KEYS[name];
  if (key !== undefined) return { ...one, label, noise: { ...one.noise, [key]: value } };
  return { ...one, label, settings: [...one.settings, `${keyOf(name)}=${value}`] };
}

function keyOf(name: string): string {
  const short = SHORT_KEYS[name];
  if (short !== undefined) return short;
  if (physicalParameters('laminar_flow').some((info) => info.name === name)) return `parameters.${name}.value`;
  if (name.includes('.')) return name;
  throw new UsageRefused(`--vary does not know '${name}'`, {
    help:
      `use ${[...Object.keys(SHORT_KEYS), ...Object.keys(NOISE_KEYS)].join(', ')}, the name of a parameter, or a key of ` +
      'the configuration such as parameters.alpha.vary',
  });
}

function parseVariation(option: string): { name: string; values: string[] } {
  const equals = option.indexOf('=');
  const name = option.slice(0, Math.max(0, equals)).trim();
  const values = equals < 1 ? [] : outerList(option.slice(equals + 1));
  if (name === '' || values.length === 0 || values.some((value) => value === '')) {
    throw new UsageRefused(`--vary '${option}' is not KEY=A,B,C`, { help: 'write for example --vary frames=500,1000' });
  }
  return { name, values };
}

/** Split at the commas that are not inside brackets. */
function outerList(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
    if (character === '[' || character === '{') depth++;
    if (character === ']' || character === '}') depth--;
  }
  return parts.map((part) => part.trim());
}

/** Throws `UsageRefused`. */
export function parsePlannedNoise({ speckles: text, photonNoise, photons }: NoiseOptions): PlannedNoise {
  if (text === undefined) {
    throw new UsageRefused('a design needs the number of speckles', {
      help: 'add --speckles M with the effective number of independent speckles per angle, e.g. --speckles 1000',
    });
  }
  const speckles = numberOf(text);
  if (!(speckles >= 2) || !Number.isFinite(speckles)) {
    throw new UsageRefused(`--speckles '${text}' is not a number of speckles`, { help: 'give a number of 2 or more' });
  }
  if (photonNoise !== undefined && photons !== undefined) {
    throw new UsageRefused('--photon-noise and --photons say the same in two ways', { help: 'give one of them' });
  }
  if (photons !== undefined) {
    const mean = numberOf(photons);
    if (mean > 0 && Number.isFinite(mean)) return { speckles, sigma: 1 / (mean * Math.sqrt(speckles)) };
    throw new UsageRefused(`--photons '${photons}' is not a mean number of photons`, {
      help: 'give the mean counts per speckle and frame, above 0, e.g. 0.1',
    });
  }
  const sigma = photonNoise === undefined ? 0 : numberOf(photonNoise);
  if (sigma >= 0 && Number.isFinite(sigma)) return { speckles, sigma };
  throw new UsageRefused(`--photon-noise '${photonNoise}' is not a standard deviation of c2`, {
    help: 'give sigma_w, 0 or more, e.g. 0.02',
  });
}

function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
