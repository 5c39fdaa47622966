/** Options that several commands have. */
import { Option } from 'commander';

/** Gathers the values of an option that may be given several times. */
export const collect = (value: string, previous: readonly string[]): readonly string[] => [...previous, value];
export const jsonOption = (): Option => new Option('--json', 'print one JSON document on standard output');
export const setOption = (): Option =>
  new Option(
    '--set <key.path=value>',
    'override one configuration value, e.g. parameters.alpha.value=-0.5 (repeatable)',
  )
    .argParser(collect)
    .default([], 'none');
