/** `twotime config init` and `twotime config validate`. */
import { ConfigRefused, formatError } from '../../base/errors.ts';
import { toJson } from '../../base/json.ts';
import { readQuantity } from '../../base/units.ts';
import { toYaml, validateConfig, type Config, type DataDescription } from '../../config/index.ts';
import { writeFileAtomically } from '../../data/atomic-file.ts';
import type { Mode } from '../../model/two-time-model.ts';
import { EXIT } from '../exit-codes.ts';
import { refuseExisting } from '../new-file.ts';
import { paint, type Terminal } from '../terminal.ts';

export interface ConfigInitOptions {
  readonly model: Mode;
  readonly from?: string;
  readonly gap?: string;
  readonly output?: string;
  readonly json?: boolean;
}

export async function configInitCommand(options: ConfigInitOptions, terminal: Terminal): Promise<number> {
  const { configTemplate } = await import('../../config/templates.ts');
  const gap = options.gap === undefined ? undefined : gapOf(options.gap, options.model);
  const description = options.from === undefined ? undefined : await describe(options.from);
  const text = configTemplate(options.model, description, { gap });
  if (options.output !== undefined) {
    await refuseExisting(options.output);
    await writeFileAtomically(options.output, text);
  }
  if (options.json === true) terminal.result(toJson({ file: options.output ?? null, yaml: text }));
  else if (options.output === undefined) terminal.result(text);
  else terminal.message(`wrote ${options.output}; check it with: twotime config validate ${options.output}`);
  return EXIT.done;
}

function gapOf(text: string, model: Mode): string {
  if (model === 'static') throw new ConfigRefused('a static model has no gap', { help: 'remove --gap' });
  const reading = readQuantity(text, 'length');
  if (!reading.ok) throw new ConfigRefused(`--gap: ${reading.message}`, { help: reading.help });
  return text.trim();
}

async function describe(file: string): Promise<DataDescription> {
  const { describeFile } = await import('../../data/index.ts');
  const { rings, dt, frames } = await describeFile(file);
  return { file, rings, dt, frames };
}

/** A prior that contradicts the bounds of its parameter: only `sample` would refuse it, later. */
async function priorProblem(config: Config): Promise<ConfigRefused | null> {
  const { checkPriors } = await import('../../pipeline/sample-fit.ts');
  try {
    checkPriors(config);
    return null;
  } catch (error) {
    if (error instanceof ConfigRefused) return error;
    throw error;
  }
}

export interface ConfigValidateOptions {
  readonly set: readonly string[];
  readonly json?: boolean;
}

export async function configValidateCommand(
  file: string,
  options: ConfigValidateOptions,
  terminal: Terminal,
): Promise<number> {
  const check = await validateConfig(file, { set: options.set });
  const { warnings } = check;
  const contradiction = check.config === null ? null : await priorProblem(check.config);
  const problems = contradiction === null ? check.problems : [contradiction];
  const config = contradiction === null ? check.config : null;
  if (options.json === true) {
    const listed = problems.map(({ message, help, where }) => ({ message, help: help ?? null, where: { ...where } }));
    terminal.result(toJson({ valid: problems.length === 0, problems: listed, warnings }));
  } else {
    for (const problem of problems) terminal.message(`${paint('error', 'red', terminal)}: ${formatError(problem)}`);
    for (const { code, text } of warnings)
      terminal.message(`${paint('warning', 'yellow', terminal)}[${code}]: ${text}`);
    if (config !== null) terminal.result(toYaml(config));
  }
  return problems.length === 0 ? EXIT.done : EXIT.refused;
}
