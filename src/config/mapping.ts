/** A mapping of a configuration file whose values are not yet checked. */
export type Mapping = Record<string, unknown>;

/** The value as a mapping, or null when it is something else. */
export function asMapping(value: unknown): Mapping | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : null;
}
