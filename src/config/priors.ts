/**
 * Priors as a configuration writes them, in the parameter's unit: `Normal(mean, sd)`,
 * `TruncatedNormal(mean, sd, lower, upper)`, `LogNormal(median, factor)`, `HalfNormal(sd)`, `Uniform`.
 *
 * `LogNormal(m, f)` is the density whose logarithm is normal with mean ln m and standard deviation ln f; `Uniform` is
 * flat between the parameter's bounds.
 */
import { suggest } from '../base/suggest.ts';
import { formatQuantity, type Dimension } from '../base/units.ts';
import type { Prior } from '../model/parameters.ts';
import { accepted, readQuantityOf, refused, show, type Reader, type Reading } from './reading.ts';

interface Family {
  readonly kind: Prior['kind'];
  readonly name: string;
  /** `factor` is a pure number, the others have the parameter's unit. */
  readonly arguments: readonly string[];
}

const FAMILIES: readonly Family[] = [
  { kind: 'normal', name: 'Normal', arguments: ['mean', 'sd'] },
  { kind: 'truncated-normal', name: 'TruncatedNormal', arguments: ['mean', 'sd', 'lower', 'upper'] },
  { kind: 'log-normal', name: 'LogNormal', arguments: ['median', 'factor'] },
  { kind: 'half-normal', name: 'HalfNormal', arguments: ['sd'] },
  { kind: 'uniform', name: 'Uniform', arguments: [] },
];

function formOf(family: Family): string {
  return family.arguments.length === 0 ? family.name : `${family.name}(${family.arguments.join(', ')})`;
}

const FORMS = `write one of ${FAMILIES.map(formOf).join(', ')}`;

/** Reader of a prior for a parameter of the given dimension. */
export function readPrior(dimension: Dimension): Reader<Prior> {
  return (input) => {
    const match = typeof input === 'string' ? /^\s*([A-Za-z_-]+)\s*(?:\(([^()]*)\))?\s*$/.exec(input) : null;
    if (match === null) return refused(`${show(input)} is not a prior`, FORMS);
    const name = match[1]!;
    const family = FAMILIES.find((candidate) => candidate.name === name);
    if (family === undefined) {
      const names = FAMILIES.map((candidate) => candidate.name);
      const near = suggest(name, names);
      return refused(`unknown prior '${name}'`, near === null ? FORMS : `did you mean '${near}'? ${FORMS}`);
    }
    return readArguments(family, (match[2] ?? '').trim(), dimension);
  };
}

function readArguments(family: Family, text: string, dimension: Dimension): Reading<Prior> {
  const parts = text === '' ? [] : text.split(',').map((part) => part.trim());
  if (parts.length !== family.arguments.length) {
    const expected = family.arguments.length;
    const noun = expected === 1 ? 'argument' : 'arguments';
    return refused(`${family.name} has ${expected} ${noun}, not ${parts.length}`, `write ${formOf(family)}`);
  }
  const values: Record<string, number> = {};
  for (const [k, name] of family.arguments.entries()) {
    const reading = readQuantityOf(name === 'factor' ? 'number' : dimension)(parts[k]);
    if (!reading.ok) return refused(`${name} of ${family.name}: ${reading.message}`, reading.help);
    values[name] = reading.value;
  }
  const { sd = 1, median = 1, factor = 2, lower = 0, upper = 1 } = values;
  if (!(sd > 0)) return refused(`sd of ${family.name} is not above zero`, `write ${formOf(family)}`);
  if (!(median > 0)) return refused(`median of ${family.name} is not above zero`, `write ${formOf(family)}`);
  if (!(factor > 1)) {
    const help = `write ${formOf(family)}; a factor of 30 spans the median/30 to the median·30`;
    return refused(`factor of ${family.name} is not above 1`, help);
  }
  if (!(lower < upper)) return refused(`lower of ${family.name} is not below upper`, `write ${formOf(family)}`);
  return accepted({ kind: family.kind, ...values } as Prior);
}

/** A prior as the configuration writes it; reading it back gives the same prior. */
export function formatPrior(prior: Prior, dimension: Dimension): string {
  const family = FAMILIES.find((candidate) => candidate.kind === prior.kind)!;
  const values = prior as unknown as Readonly<Record<string, number>>;
  const parts = family.arguments.map((name) => formatQuantity(values[name]!, name === 'factor' ? 'number' : dimension));
  return parts.length === 0 ? family.name : `${family.name}(${parts.join(', ')})`;
}
