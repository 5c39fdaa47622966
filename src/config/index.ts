/**
 * Configuration: the schema (the one truth), reading with errors by line and column, templates, and writing back.
 *
 * Loads the YAML and schema libraries; commands import it when they need a configuration.
 *
 * ```ts
 * const config = await loadConfig('fit.yaml', { set: ['fit.starts=4', 'data.gap=200 um'] });
 * config.data.gap;                         // 2e6 (Å)
 * config.origins.get('fit.starts');        // 'command line'
 * ```
 */
export { DEFAULT_CLUSTER } from './cluster-section.ts';
export { DEFAULT_RAY } from './ray-section.ts';
export type {
  ClusterConfig,
  Config,
  DataConfig,
  FitConfig,
  GridConfig,
  NoiseConfig,
  Origin,
  OutputConfig,
  ParallelConfig,
  ParameterConfig,
  Range,
  RayConfig,
  SampleConfig,
  ScalingConfig,
  ScalingMode,
} from './config.ts';
export { configJsonSchema } from './json-schema.ts';
export { pathKey, readYaml, type LocatedTree } from './located-yaml.ts';
export { asMapping } from './mapping.ts';
export { loadConfig, parseConfig, validateConfig, type LoadOptions } from './load.ts';
export { asError, ConfigProblems } from './problem.ts';
export { readConfig, type ConfigCheck } from './read-config.ts';
export type { ParsedConfig as ConfigKeys } from './schema.ts';
export { configSchemaUrl, configTemplate, type DataDescription, type TemplateOptions } from './templates.ts';
export { toYaml } from './to-yaml.ts';
export { plausibilityWarnings } from './warnings.ts';
