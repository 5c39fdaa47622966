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
export const workersOption = (): Option =>
  new Option('--workers <n>', 'worker threads; the result does not depend on their number');
/** Of commands that go on with a run, or make it again. */
export const elsewhereOption = (): Option =>
  new Option('--backend <name>', 'execution backend, in place of that of the run: local, slurm, pbs, ray, …');
