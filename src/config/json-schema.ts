/** The JSON Schema of configuration files, for editors: completion, units and descriptions while typing. */
import { z } from 'zod';
import type { JsonSchema } from './field.ts';
import { SHORT_FORM } from './parameter-schema.ts';
import { configSchema } from './schema.ts';

/** Keys without a default in every mode; the schema's readers are opaque to the generator. */
const REQUIRED = ['model'];

/** JSON Schema (draft 2020-12) of what a file may hold. The loader checks more: units, order of limits, whole sentences. */
export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      const fallback: unknown = jsonSchema.default;
      if (typeof fallback === 'object' && fallback !== null && Object.keys(fallback).length === 0) {
        if (!Array.isArray(fallback)) delete jsonSchema.default;
      }
      if (jsonSchema['shortForm'] !== true) return;
      const { description, shortForm: _, ...mapping } = jsonSchema;
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
      Object.assign(jsonSchema, { description, anyOf: [mapping, SHORT_FORM] });
    },
  });
  return { ...schema, required: REQUIRED };
}
