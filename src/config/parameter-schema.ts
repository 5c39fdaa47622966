/** The `parameters` section of the schema: one entry per physical parameter, quantities in that parameter's dimension. */
import { z } from 'zod';
import type { Dimension } from '../base/units.ts';
import { physicalParameters, type ParameterInfo, type Prior } from '../model/parameters.ts';
import { field, quantityJson } from './field.ts';
import { formatPrior, readPrior } from './priors.ts';
import {
  accepted,
  exampleOf,
  orList,
  readBoolean,
  readListOf,
  readQuantityOf,
  readWord,
  refused,
  type Reader,
} from './reading.ts';

/** What a file says of one parameter, quantities in base units. */
export interface ParsedParameter {
  readonly value?: number | undefined;
  readonly vary?: boolean | undefined;
  readonly bounds?: readonly [number, number] | undefined;
  readonly prior?: Prior | undefined;
  readonly tie?: string | undefined;
}

/** Every parameter of any mode, in the order of the model. */
export const PARAMETERS: readonly ParameterInfo[] = physicalParameters('laminar_flow');

const NUMBER_PATTERN = String.raw`^fixed\s+\S`;

/** The short form `NAME: fixed VALUE` beside the mapping. */
export const SHORT_FORM: { readonly [key: string]: unknown } = {
  type: 'string',
  pattern: NUMBER_PATTERN,
  description: 'fixed VALUE: the parameter keeps this value',
};

function readBounds(dimension: Dimension): Reader<readonly [number, number]> {
  const readEnds = readListOf(readQuantityOf(dimension));
  return (input) => {
    const ends = readEnds(input);
    if (!ends.ok) return ends;
    const [lower, upper] = ends.value;
    if (ends.value.length !== 2 || lower === undefined || upper === undefined) {
      return refused(`the list has ${ends.value.length} entries, not 2`, 'write [lower, upper]');
    }
    if (!(lower < upper)) {
      const help = lower === upper ? 'to fix a parameter write vary: false' : 'write the lower end first';
      return refused('the lower end is not below the upper end', help);
    }
    return accepted([lower, upper]);
  };
}

function parameterSchema(info: ParameterInfo): z.ZodType<ParsedParameter> {
  const dimension = info.dimension;
  const unit = info.unit === '' ? '' : `, in ${info.unit} or another unit of its kind`;
  const others = PARAMETERS.filter((other) => other.name !== info.name && other.dimension === info.dimension);
  const names = others.map((other) => other.name);
  const quantity = quantityJson(dimension, [exampleOf(dimension).replace(/^.*example /, '')]);
  return z
    .strictObject({
      value: field(
        readQuantityOf(dimension),
        `start value, or the fixed value with vary: false${unit}; found from the data when absent`,
        quantity,
      ).optional(),
      vary: field(readBoolean, 'false keeps the parameter at its value', { type: 'boolean', default: true }).optional(),
      bounds: field(readBounds(dimension), `lower and upper limit${unit}`, {
        type: 'array',
        prefixItems: [quantity, quantity],
        minItems: 2,
        maxItems: 2,
        default: info.bounds.map((bound) => (info.unit === '' ? bound : `${bound} ${info.unit}`)),
      }).optional(),
      prior: field(readPrior(dimension), 'prior density of the Bayesian analysis', {
        type: 'string',
        default: formatPrior(info.prior, dimension),
      }).optional(),
      tie: field(readTie(info, names), 'name of the parameter this one always equals', { enum: names }).optional(),
    })
    .meta({ description: info.meaning, shortForm: true });
}

function readTie(info: ParameterInfo, names: readonly string[]): Reader<string> {
  const readName = readWord(names);
  return (input) => {
    if (input === info.name) return refused(`${info.name} is tied to itself`, 'name another parameter');
    const other = PARAMETERS.find((candidate) => candidate.name === input);
    if (other !== undefined && other.dimension !== info.dimension) {
      const help = names.length === 0 ? 'remove the tie' : `tie it to ${orList(names)}`;
      return refused(`${info.name} and ${other.name} have different units`, help);
    }
    if (names.length === 0) return refused(`there is no other parameter in ${info.unit}`, 'remove the tie');
    return readName(input);
  };
}

/** The section as a strict object; unknown names are refused with the rest of the unknown keys. */
export const parametersSchema: z.ZodType<Readonly<Record<string, ParsedParameter | undefined>>> = z
  .strictObject(Object.fromEntries(PARAMETERS.map((info) => [info.name, parameterSchema(info).optional()])))
  .prefault({})
  .meta({ description: 'start values, fixed values, bounds, priors and ties of the physical parameters' });
