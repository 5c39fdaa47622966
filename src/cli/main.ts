/** The `twotime` command: parses arguments, runs one subcommand, maps every outcome to an exit code. */
import { Command, CommanderError } from 'commander';
import { formatError, isTwotimeError, UsageRefused } from '../base/errors.ts';
import { EXIT, exitCodeOfError } from './exit-codes.ts';
import { addAround } from './program/around.ts';
import { addManyRuns } from './program/many-runs.ts';
import { addOneRun } from './program/one-run.ts';
import { helpText, optionDescription } from './program/options.ts';
import { addUpkeep } from './program/upkeep.ts';
import { paint, processTerminal, type Terminal } from './terminal.ts';
import { packageVersion } from '../pipeline/versions.ts';

/** The program with all subcommands; each command's code is loaded when it runs. */
export function buildProgram(terminal: Terminal, setExitCode: (code: number) => void): Command {
  const program = new Command('twotime')
    .description('Fit two-time X-ray photon correlation matrices.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', helpText(HELP_TAIL))
    .configureHelp({ optionDescription })
    .showSuggestionAfterError(true)
    .showHelpAfterError('(twotime --help lists commands and options)')
    .configureOutput({
      writeOut: (text) => terminal.result(text),
      writeErr: (text) => terminal.message(text.trimEnd()),
    })
    .exitOverride();

  program.hook('preAction', (_, command) => refuseEmpty(command));
  addOneRun(program, terminal, setExitCode);
  addManyRuns(program, terminal, setExitCode);
  addUpkeep(program, terminal, setExitCode);
  addAround(program, terminal, setExitCode);
  return program;
}

/** An empty name is a variable of a shell that was not set; as a path it would mean the current folder. */
function refuseEmpty(command: Command): void {
  const isEmpty = (value: unknown): boolean => (Array.isArray(value) ? value.includes('') : value === '');
  const option = command.options.find((one) => isEmpty(command.getOptionValue(one.attributeName())));
  const index = command.processedArgs.findIndex(isEmpty);
  if (option === undefined && index < 0) return;
  const what = option === undefined ? `<${command.registeredArguments[index]!.name()}>` : option.flags;
  throw new UsageRefused(`${what} is empty`, { help: 'give it a value; is a variable of the shell not set?' });
}

const HELP_TAIL = `
Exit codes:
  0    done and converged
  1    failed
  2    finished, not converged
  3    input or configuration refused, nothing written
  64   wrong usage
  75   stopped by a signal; go on with twotime resume
  130  Ctrl-C; likewise

Examples:
  twotime config init --from data.h5 -o fit.yaml
  twotime fit data.h5 -c fit.yaml -o run
  twotime both data.h5 -c fit.yaml -o posterior
  twotime batch 'data/*.h5' -c fit.yaml -o scan
  twotime resume run
  twotime simulate -c model.yaml -o data.h5 --noise speckle:1000
  twotime design -c model.yaml --speckles 1000 --vary frames=500,1000,2000
  twotime compare run-static run-flow`;

/** Run the command line; resolves to the exit code and never throws. */
export async function run(argv: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  let code: number = EXIT.done;
  const program = buildProgram(terminal, (value) => {
    code = value;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return reportError(error, terminal);
  }
}

function reportError(error: unknown, terminal: Terminal): number {
  const label = paint('error', 'red', terminal);
  if (isTwotimeError(error)) {
    // One line per problem.
    for (const line of formatError(error).split('\n')) terminal.message(`${label}: ${line}`);
    return exitCodeOfError(error);
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.message(`${label}: this is a defect in twotime; please report it with the lines below\n${text}`);
  return EXIT.failed;
}

if (process.argv[1] !== undefined && import.meta.main) process.exitCode = await run(process.argv.slice(2));
