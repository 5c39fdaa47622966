/** Building blocks of the schema: one leaf = one reader, its JSON Schema for editors, and its description. */
import { z } from 'zod';
import { unitsOf, type Dimension } from '../base/units.ts';
import { refused, type Reader } from './reading.ts';

// A configuration is read once: compiling a parser for it first would take longer than reading it.
z.config({ jitless: true });

/** A piece of JSON Schema (draft 2020-12). */
export type JsonSchema = { readonly [key: string]: unknown };

/**
 * A leaf of the schema. Its problems carry the reader's sentence as message and the advice in `params.help`.
 * `json` says to editors what the file may hold; the reader decides.
 */
export function field<T>(reader: Reader<T>, description: string, json: JsonSchema): z.ZodType<T> {
  return z
    .unknown()
    .transform((input, context): T => {
      if (input === undefined) {
        context.issues.push({ code: 'custom', message: '', input, params: { missing: true, help: '' } });
        return z.NEVER;
      }
      const reading = input === null ? refused('has no value', 'write a value, or remove the key') : reader(input);
      if (reading.ok) return reading.value;
      context.issues.push({ code: 'custom', message: reading.message, input, params: { help: reading.help } });
      return z.NEVER;
    })
    .meta({ description, ...json });
}

/** A leaf that takes the value `fallback` (as a file would write it) when the key is absent. */
export function fieldWithDefault<T>(
  reader: Reader<T>,
  fallback: unknown,
  description: string,
  json: JsonSchema,
): z.ZodType<T> {
  return field(reader, description, json).prefault(fallback).meta({ description });
}

/** A mapping with these keys and no others; absent, it is read as an empty one. */
export function section<S extends z.core.$ZodShape>(
  description: string,
  shape: S,
): z.ZodType<z.output<z.ZodObject<S, z.core.$strict>>> {
  const mapping: z.ZodType<z.output<z.ZodObject<S, z.core.$strict>>> = z.strictObject(shape);
  return mapping.prefault({}).meta({ description });
}

const NUMBER = String.raw`[+\-\u2212]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?`;

/** What an editor accepts for a quantity: a number with a unit and, where `zero` makes sense, a bare 0. */
export function quantityJson(dimension: Dimension, examples: readonly string[] = [], zero = true): JsonSchema {
  if (dimension === 'number') return { type: 'number' };
  const text = { type: 'string', pattern: `^${NUMBER} *[A-Za-z\u00c5\u00b5\u03bc\u00b0/1].*$` };
  const units = unitsOf(dimension).join(', ');
  const quantity = { ...text, description: `number with a unit: ${units}`, examples };
  return zero ? { anyOf: [quantity, { const: 0 }] } : quantity;
}

/** One more accepted form beside those of `json`. */
export function orJson(json: JsonSchema, ...others: readonly JsonSchema[]): JsonSchema {
  const forms = Array.isArray(json['anyOf']) ? (json['anyOf'] as readonly JsonSchema[]) : [json];
  return { anyOf: [...others, ...forms] };
}

/** One of a few words. */
export function wordsJson(words: readonly string[]): JsonSchema {
  return { enum: words };
}
