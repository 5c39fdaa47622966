/**
 * `parallel.cluster`: what a site wants to know of jobs. Every value is one word of a form that means nothing to a shell or to
 * the reader of a script, so that none of them can say more than it should.
 */
import type { z } from 'zod';
import { formatQuantity } from '../base/units.ts';
import type { ClusterConfig } from './config.ts';
import { fieldWithDefault, orJson, quantityJson, section, type JsonSchema } from './field.ts';
import { accepted, readListOf, readQuantityOf, readWhole, readWordOr, refused, show, type Reader } from './reading.ts';

/** A word of a site: letters, digits and a few signs; not at its beginning what could be taken for an option. */
const WORD = String.raw`[A-Za-z0-9_][A-Za-z0-9_.:@+/-]*`;
const VALUE = String.raw`[A-Za-z0-9_.,:@%+=/-]+`;
/** `--name`, `--name=value` or `-x value`. */
const OPTION = `(?:--[a-z][a-z0-9-]*(?:=${VALUE})?|-[A-Za-z](?: ${VALUE})?)`;
const MOST_LETTERS = 200;

function readForm(form: string, what: string, example: string): Reader<string> {
  const pattern = new RegExp(`^${form}$`);
  return (input) => {
    const text = typeof input === 'number' ? String(input) : input;
    if (typeof text === 'string' && text.length <= MOST_LETTERS && pattern.test(text) && !text.includes('\n')) {
      return accepted(text);
    }
    return refused(`${show(input)} is not ${what}`, `write for example ${example}`);
  };
}

const readName = readForm(WORD, 'a name of letters, digits, _ . : @ + / and -', 'physics');
/** Options by which jobs are told apart, counted or found again. */
const OWN =
  /^(?:--(?:array|job-name|output|error|signal|parsable|wrap|export|requeue|no-requeue|open-mode|input)\b|-[aoeJNIWVvk]\b)/;
const readOption: Reader<string> = (input) => {
  const reading = readForm(OPTION, 'an option of a scheduler', '--constraint=cpu or -l place=scatter')(input);
  if (reading.ok && OWN.test(reading.value)) return refused(`${show(input)} is set by the program`, 'leave it out');
  return reading;
};

const nameJson: JsonSchema = { type: 'string', pattern: `^${WORD}$` };

function name(description: string): z.ZodType<string | null> {
  return fieldWithDefault(readWordOr('none', null, readName), 'none', description, orJson(nameJson, { const: 'none' }));
}

function names(description: string, reader: Reader<string>, json: JsonSchema): z.ZodType<readonly string[]> {
  return fieldWithDefault(readListOf(reader, 0), [], description, { type: 'array', items: json });
}

const MOST_JOBS = 100_000;
const readJobs: Reader<number> = (input) => {
  const reading = readWhole(1)(input);
  return reading.ok && reading.value > MOST_JOBS
    ? refused(`${show(input)} is more than ${MOST_JOBS}`, 'write less')
    : reading;
};

export const clusterSection: z.ZodType<ClusterConfig> = section('jobs of a cluster, for slurm and pbs', {
  account: name('account that is charged'),
  partition: name('partition (Slurm) or queue (PBS)'),
  qos: name('quality of service (Slurm)'),
  time: fieldWithDefault(
    readWordOr('none', null, readQuantityOf('time', { sign: 'positive' })),
    'none',
    'wall time of a job; none: the default of the site',
    orJson(quantityJson('time', ['60 min'], false), { const: 'none' }),
  ),
  memory: fieldWithDefault(
    readWordOr('none', null, readQuantityOf('size', { sign: 'positive' })),
    'none',
    'memory of a job; none: the default of the site',
    orJson(quantityJson('size', ['8 GB'], false), { const: 'none' }),
  ),
  cores: fieldWithDefault(readWhole(1), 1, 'cores of a job, all of which it uses', { type: 'integer', minimum: 1 }),
  jobs: fieldWithDefault(readJobs, 100, 'jobs at a time, at most', { type: 'integer', minimum: 1, maximum: MOST_JOBS }),
  reserve: fieldWithDefault(
    readQuantityOf('time', { sign: 'positive' }),
    '2 min',
    'time before the end of a job at which it writes what it has and stops',
    quantityJson('time', ['2 min'], false),
  ),
  modules: names('modules to load', readName, nameJson),
  filesystems: names('file systems a job needs (PBS)', readName, nameJson),
  options: names('more options of the scheduler, one each', readOption, { type: 'string', pattern: `^${OPTION}$` }),
});

export const DEFAULT_CLUSTER: ClusterConfig = {
  ...{ account: null, partition: null, qos: null, time: null, memory: null },
  ...{ cores: 1, jobs: 100, reserve: 120, modules: [], filesystems: [], options: [] },
};

/** Keys and texts as a file has them. */
export function clusterLines(cluster: ClusterConfig): readonly (readonly [key: string, text: string])[] {
  const { time, memory } = cluster;
  const list = (words: readonly string[]): string => `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
  const word = (text: string | null): string => (text === null ? 'none' : JSON.stringify(text));
  return [
    ['account', word(cluster.account)],
    ['partition', word(cluster.partition)],
    ['qos', word(cluster.qos)],
    ['time', time === null ? 'none' : formatQuantity(time, 'time')],
    ['memory', memory === null ? 'none' : formatQuantity(memory, 'size')],
    ['cores', String(cluster.cores)],
    ['jobs', String(cluster.jobs)],
    ['reserve', formatQuantity(cluster.reserve, 'time')],
    ['modules', list(cluster.modules)],
    ['filesystems', list(cluster.filesystems)],
    ['options', list(cluster.options)],
  ];
}
