/** Write schema/twotime-config.schema.json, the JSON Schema of configuration files, from the schema in src/config. */
import { writeFileSync } from 'node:fs';
import { toJson } from '../src/base/json.ts';
import { configJsonSchema } from '../src/config/index.ts';

const target = new URL('../schema/twotime-config.schema.json', import.meta.url);
writeFileSync(target, `${toJson(configJsonSchema())}\n`);
