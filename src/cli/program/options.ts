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
    .default([], '');
export const workersOption = (): Option =>
  new Option('--workers <n>', 'worker threads; the result does not depend on their number');
/** Of commands that go on with a run, or make it again. */
export const elsewhereOption = (): Option =>
  new Option('--backend <name>', 'execution backend, in place of that of the run: local, slurm, pbs, ray, …');

/** Widest prose that reads well. */
const WIDEST = 100;

/** Text below the options: paragraphs are wrapped to the terminal, indented lines stay as they are. */
export function helpText(text: string): () => string {
  return () => {
    const width = Math.min(WIDEST, process.stdout.columns ?? 80);
    const blocks = text.split('\n').reduce<string[]>((lines, line) => {
      const last = lines.at(-1);
      const isProse = (one: string | undefined): one is string => one !== undefined && /^\S/.test(one);
      // A line that ends in a colon heads the indented ones below it.
      if (isProse(last) && isProse(line) && !last.endsWith(':')) lines[lines.length - 1] = `${last} ${line}`;
      else lines.push(line);
      return lines;
    }, []);
    return blocks.map((line) => (/^\S/.test(line) ? wrapped(line, width) : line)).join('\n');
  };
}

function wrapped(paragraph: string, width: number): string {
  const lines = [''];
  for (const word of paragraph.split(' ')) {
    const last = lines.at(-1)!;
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join('\n');
}

/** The description of an option in the help; that a flag is off unless given goes without saying. */
export function optionDescription(option: Option): string {
  const { description, defaultValueDescription, argChoices } = option;
  const plain: unknown = option.defaultValue;
  const shown = defaultValueDescription ?? (typeof plain === 'string' ? plain : '');
  const extra = [
    ...(argChoices === undefined ? [] : [`choices: ${argChoices.join(', ')}`]),
    ...(shown === '' ? [] : [`default: ${shown}`]),
  ];
  return extra.length === 0 ? description : `${description} (${extra.join('; ')})`;
}
