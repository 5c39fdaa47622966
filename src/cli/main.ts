/** The `twotime` command: parses arguments, runs one subcommand, maps every outcome to an exit code. */
import { Command, CommanderError, Option } from 'commander';
import { formatError, isTwotimeError } from '../base/errors.ts';
import type { CompareOptions } from './commands/compare.ts';
import type { BatchCommandOptions } from './commands/batch.ts';
import type { ConfigInitOptions, ConfigValidateOptions } from './commands/config.ts';
import type { DesignOptions } from './commands/design.ts';
import type { DoctorOptions } from './commands/doctor.ts';
import type { FitCommandOptions } from './commands/fit.ts';
import type { InspectOptions } from './commands/inspect.ts';
import type { RerunCommandOptions } from './commands/rerun.ts';
import type { ResumeCommandOptions } from './commands/resume.ts';
import type { SimulateOptions } from './commands/simulate.ts';
import type { StatusOptions } from './commands/status.ts';
import { EXIT, exitCodeOfError } from './exit-codes.ts';
import { paint, processTerminal, type Terminal } from './terminal.ts';
import { packageVersion } from '../pipeline/versions.ts';

const collect = (value: string, previous: readonly string[]): readonly string[] => [...previous, value];
const jsonOption = (): Option => new Option('--json', 'print one JSON document on standard output');
const setOption = (): Option =>
  new Option(
    '--set <key.path=value>',
    'override one configuration value, e.g. parameters.alpha.value=-0.5 (repeatable)',
  )
    .argParser(collect)
    .default([], 'none');

/** The program with all subcommands; each command's code is loaded when it runs. */
export function buildProgram(terminal: Terminal, setExitCode: (code: number) => void): Command {
  const program = new Command('twotime')
    .description('Fit two-time X-ray photon correlation matrices.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', HELP_TAIL)
    .showSuggestionAfterError(true)
    .showHelpAfterError('(twotime --help lists commands and options)')
    .configureOutput({
      writeOut: (text) => terminal.result(text),
      writeErr: (text) => terminal.message(text.trimEnd()),
    })
    .exitOverride();

  program
    .command('fit')
    .description('fit transport coefficients to a two-time file by least squares')
    .argument('<file>', 'APS legacy HDF5, NPZ or NPY file')
    .requiredOption('-c, --config <fit.yaml>', 'configuration file (start one with: twotime config init)')
    .requiredOption('-o, --output <folder>', 'run directory to write; must not exist or be empty')
    .option('--force', 'replace an existing run directory (never any other folder)', false)
    .addOption(setOption())
    .option('--workers <n>', 'worker threads (short for --set parallel.workers=n)')
    .option('--backend <name>', 'execution backend (short for --set parallel.backend=name)')
    .option('--profile <names>', 'profile-likelihood intervals of D0,alpha or a pair D0:alpha (short for fit.profile)')
    .addOption(jsonOption())
    .option('-q, --quiet', 'print warnings and errors only', false)
    .action(async (file: string, options: FitCommandOptions) => {
      const { fitCommand } = await import('./commands/fit.ts');
      setExitCode(await fitCommand(file, options, terminal));
    });

  program
    .command('resume')
    .description('go on with a run that was stopped or killed, to the same result as if it had not been')
    .argument('<run>', 'run directory')
    .option('--input <file>', 'where the two-time file of the run is now, if it was moved')
    .option(
      '--from-start',
      'do all the work again, without the checkpoint (when it is damaged, or of another version)',
      false,
    )
    .option('--workers <n>', 'worker threads; the result does not depend on their number')
    .addOption(jsonOption())
    .option('-q, --quiet', 'print warnings and errors only', false)
    .addHelpText('after', RESUME_HELP)
    .action(async (run: string, options: ResumeCommandOptions) => {
      const { resumeCommand } = await import('./commands/resume.ts');
      setExitCode(await resumeCommand(run, options, terminal));
    });

  program
    .command('rerun')
    .description('make a result again from what its run says, and say how near it comes; nothing is kept')
    .argument('<run>', 'run directory')
    .option('--input <file>', 'where the two-time file of the run is now, if it was moved')
    .option('--tolerance <k>', 'standard errors within which a parameter counts as the same', '0.01')
    .addOption(jsonOption())
    .option('-q, --quiet', 'print warnings and errors only', false)
    .addHelpText(
      'after',
      '\nExit codes: 0 the same bits, or within the tolerance; 2 different; 3 refused: no result, or other data.',
    )
    .action(async (run: string, options: RerunCommandOptions) => {
      const { rerunCommand } = await import('./commands/rerun.ts');
      setExitCode(await rerunCommand(run, options, terminal));
    });

  program
    .command('batch')
    .description('fit many files, each q ring a run of its own; goes on where it was stopped')
    .argument('[files...]', "two-time files or quoted patterns such as 'data/*.h5'; none: those of the batch so far")
    .option('-c, --config <fit.yaml>', 'configuration file; with --manifest, that of entries which name none')
    .option('--manifest <file>', 'YAML or CSV that says which files are fitted how, instead of files')
    .requiredOption('-o, --output <folder>', 'folder of the batch; new, empty, or of the same batch')
    .option('--q <which>', 'all: every q ring of a file; or one, e.g. "0.0237 1/Angstrom" (default: data.q, or all)')
    .option('--only <which>', 'failed: repeat what failed; pending: leave that out')
    .option('--dry-run', 'say what would be done, with memory and time; write nothing', false)
    .option('--max-failures <n>', 'begin nothing more after so many failures')
    .option('--fail-fast', 'begin nothing more after the first failure', false)
    .option('--no-overlap', 'one job after the other, for comparison; the results are the same')
    .option('--timeline', 'draw who worked when', false)
    .option('--watch <folder>', 'fit files as they appear in a folder, until stopped, instead of files')
    .option('--settle <seconds>', 'with --watch: a file is whole when it has not changed for so long', '5')
    .addOption(setOption())
    .option('--workers <n>', 'worker threads; the results do not depend on their number')
    .option('--backend <name>', 'execution backend (short for --set parallel.backend=name)')
    .addOption(jsonOption())
    .option('-q, --quiet', 'print failures and errors only', false)
    .addHelpText('after', BATCH_HELP)
    .action(async (files: readonly string[], options: BatchCommandOptions) => {
      const { batchCommand } = await import('./commands/batch.ts');
      setExitCode(await batchCommand(files, options, terminal));
    });

  program
    .command('status')
    .description('say how batches and runs stand: what is done, at work, failed and why')
    .argument('<folder...>', 'batches, runs, or folders with runs in them')
    .addOption(jsonOption())
    .action(async (folders: readonly string[], options: StatusOptions) => {
      const { statusCommand } = await import('./commands/status.ts');
      setExitCode(await statusCommand(folders, options, terminal));
    });

  program
    .command('inspect')
    .description('list what a file holds and what it does not say, without fitting')
    .argument('<file>', 'two-time file')
    .addOption(jsonOption())
    .action(async (file: string, options: InspectOptions) => {
      const { inspectCommand } = await import('./commands/inspect.ts');
      setExitCode(await inspectCommand(file, options, terminal));
    });

  program
    .command('simulate')
    .description('write a two-time file from a model with known parameters')
    .requiredOption('-c, --config <model.yaml>', 'configuration with a grid section')
    .requiredOption('-o, --output <file>', 'file to write: .h5 (APS legacy) or .npz')
    .option(
      '--noise <kind>',
      'none; white:SIGMA, independent between pairs; speckle:M, as M speckles per angle would give it',
      'none',
    )
    .option('--photons <mean>', 'with speckle: count photons, so many per speckle and frame (default: intensities)')
    .option('--seed <n>', 'random seed (short for --set seed=n)')
    .option('--workers <n>', 'worker threads for speckle (short for --set parallel.workers=n)')
    .option('--backend <name>', 'execution backend for speckle (short for --set parallel.backend=name)')
    .option('--force', 'replace an existing file', false)
    .addOption(setOption())
    .addOption(jsonOption())
    .action(async (options: SimulateOptions) => {
      const { simulateCommand } = await import('./commands/simulate.ts');
      setExitCode(await simulateCommand(options, terminal));
    });

  program
    .command('design')
    .description('say what errors a fit will have, before there are data')
    .requiredOption('-c, --config <model.yaml>', 'configuration with a grid section and the values you expect')
    .option('--speckles <M>', 'effective number of independent speckles per angle')
    .option('--photon-noise <sigma_w>', 'white noise of one c2 value from counting photons (default: none)')
    .option('--photons <mean>', 'the same as mean counts per speckle and frame: sigma_w = 1/(mean*sqrt(M))')
    .addOption(
      new Option('--vary <key=a,b,c>', 'one row for each value of a key; of several keys all combinations (repeatable)')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(setOption())
    .addOption(jsonOption())
    .addHelpText('after', DESIGN_HELP)
    .action(async (options: DesignOptions) => {
      const { designCommand } = await import('./commands/design.ts');
      setExitCode(await designCommand(options, terminal));
    });

  program
    .command('compare')
    .description('put runs side by side, and say which model predicts better')
    .argument('<run...>', 'run directories, two or more')
    .option('--format <name>', 'text, markdown, csv or latex', 'text')
    .option('--input <file>', 'where the two-time file of the runs is now, if it was moved')
    .option('--no-rank', 'the table alone, without reading the data again')
    .addOption(jsonOption())
    .addHelpText('after', COMPARE_HELP)
    .action(async (runs: string[], options: CompareOptions) => {
      const { compareCommand } = await import('./commands/compare.ts');
      setExitCode(await compareCommand(runs, options, terminal));
    });

  const config = program.command('config').description('start and check configuration files');
  config
    .command('init')
    .description('print a commented configuration to start from')
    .addOption(new Option('--model <name>', 'physics').choices(['static', 'laminar_flow']).default('laminar_flow'))
    .option('--from <file>', 'fill in q, dt and angles from a two-time file')
    .option('-o, --output <fit.yaml>', 'write to a file instead of standard output; must not exist')
    .addOption(jsonOption())
    .action(async (options: ConfigInitOptions) => {
      const { configInitCommand } = await import('./commands/config.ts');
      setExitCode(await configInitCommand(options, terminal));
    });
  config
    .command('validate')
    .description('check a configuration and show it with every default filled in')
    .argument('<fit.yaml>', 'configuration file')
    .addOption(setOption())
    .addOption(jsonOption())
    .action(async (file: string, options: ConfigValidateOptions) => {
      const { configValidateCommand } = await import('./commands/config.ts');
      setExitCode(await configValidateCommand(file, options, terminal));
    });

  program
    .command('doctor')
    .description('say what this installation can do here, and why not the rest')
    .addOption(jsonOption())
    .action(async (options: DoctorOptions) => {
      const { doctorCommand } = await import('./commands/doctor.ts');
      setExitCode(await doctorCommand(options, terminal));
    });
  return program;
}

const BATCH_HELP = `
Every job is a run directory in the folder, as fit would write it. The same command goes on after a stop, a kill or a
failure: what has a result is left as it is. A file that cannot be used fails alone, with its reason in summary.csv.

Exit codes: 0 all converged; 2 some not converged, failed, or not begun; 1 could not write; 3 refused before any work;
130, 75 stopped.

Examples:
  twotime batch 'data/*.h5' -c fit.yaml -o scan --dry-run
  twotime batch 'data/*.h5' -c fit.yaml -o scan
  twotime batch -c fit.yaml -o scan --only failed
  twotime batch --manifest beamtime.yaml -o scan`;

const RESUME_HELP = `
A run keeps a checkpoint while it works. Ctrl-C and the signals of schedulers write the best point so far and leave the
checkpoint; a killed run leaves it as well. The configuration is that of the run; the input has to hold the same data.
A run that has ended is left as it is (exit code 0).

Example:
  twotime resume run`;

const DESIGN_HELP = `
Keys of --vary: frames, dt, phi, q, gap, t0, contrast, offset, convention, speckles, photon-noise, photons, the name of a
parameter (its value), or any key of the configuration. A list as value goes into brackets: --vary 'phi=[0 deg],[0 deg, 45 deg, 90 deg]'

Examples:
  twotime design -c model.yaml --speckles 1000
  twotime design -c model.yaml --speckles 1000 --photon-noise 0.02 --vary frames=500,1000,2000 --vary contrast=0.05,0.2`;

const COMPARE_HELP = `
Runs that fit the same pairs of the same data are ranked by cross-validation: blocks of frames are left out one at a time, the
models fitted again to the rest and scored on the pairs left out. Runs of other data, frames or angles stand in the table, but
are not ranked. Errors are those under speckle.

Examples:
  twotime compare static flow
  twotime compare runs/* --format latex --no-rank`;

const HELP_TAIL = `
Exit codes:
  0 done and converged    1 failed    2 finished, not converged    3 input or configuration refused, nothing written
  64 wrong usage    75 stopped by a signal    130 Ctrl-C    (75, 130: go on with twotime resume)

Examples:
  twotime config init --from data.h5 -o fit.yaml
  twotime fit data.h5 -c fit.yaml -o run
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
    terminal.message(`${label}: ${formatError(error)}`);
    return exitCodeOfError(error);
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.message(`${label}: this is a defect in twotime; please report it with the lines below\n${text}`);
  return EXIT.failed;
}

if (process.argv[1] !== undefined && import.meta.main) process.exitCode = await run(process.argv.slice(2));
