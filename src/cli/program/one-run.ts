/** Commands on one run: fit it, go on with it, make it again. */
import type { Command } from 'commander';
import type { ExtendCommandOptions } from '../commands/extend.ts';
import type { FitCommandOptions } from '../commands/fit.ts';
import type { RerunCommandOptions } from '../commands/rerun.ts';
import type { ResumeCommandOptions } from '../commands/resume.ts';
import type { SampleCommandOptions } from '../commands/sample.ts';
import type { Terminal } from '../terminal.ts';
import { elsewhereOption, helpText, jsonOption, setOption, workersOption } from './options.ts';

export function addOneRun(program: Command, terminal: Terminal, setExitCode: (code: number) => void): void {
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
    .addHelpText('after', helpText(FIT_HELP))
    .action(async (file: string, options: FitCommandOptions) => {
      const { fitCommand } = await import('../commands/fit.ts');
      setExitCode(await fitCommand(file, options, terminal));
    });

  for (const [name, description, source, what, config] of [
    [
      'sample',
      'sample the posterior of a fit: of a file, or of a run that was fitted before',
      '<file|run>',
      'two-time file, or a run directory',
      'configuration file; for a run: in place of its own',
    ],
    [
      'both',
      'fit a file and sample the posterior: the same as sample with a file',
      '<file>',
      'two-time file',
      'configuration file',
    ],
  ] as const) {
    program
      .command(name)
      .description(description)
      .argument(source, what)
      .option('-c, --config <fit.yaml>', config)
      .requiredOption('-o, --output <folder>', 'run directory to write; must not exist or be empty')
      .option('--force', 'replace an existing run directory (never any other folder)', false)
      .option('--method <name>', 'auto, psis, nuts or cmc (short for sample.method)')
      .option('--likelihood <name>', 'adjusted: the width of the speckle errors; independent: too narrow')
      .option('--chains <n>', 'number of chains')
      .option('--draws <n>', 'draws per chain (default: until the chains agree)')
      .option('--until <n>', 'effective draws at which chains that agree stop')
      .option('--max-time <time>', 'time that sampling may take, e.g. "60 s"')
      .addOption(setOption())
      .option('--workers <n>', 'worker threads; the draws do not depend on their number')
      .option('--backend <name>', 'execution backend (short for --set parallel.backend=name)')
      .option('--profile <names>', 'profile-likelihood intervals beside the posterior (short for fit.profile)')
      .addOption(jsonOption())
      .option('-q, --quiet', 'print warnings and errors only', false)
      .addHelpText('after', helpText(SAMPLE_HELP))
      .action(async (source: string, options: SampleCommandOptions) => {
        const { sampleCommand } = await import('../commands/sample.ts');
        setExitCode(await sampleCommand(source, options, terminal));
      });
  }

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
    .addOption(workersOption())
    .addOption(elsewhereOption())
    .addOption(jsonOption())
    .option('-q, --quiet', 'print warnings and errors only', false)
    .addHelpText('after', helpText(RESUME_HELP))
    .action(async (run: string, options: ResumeCommandOptions) => {
      const { resumeCommand } = await import('../commands/resume.ts');
      setExitCode(await resumeCommand(run, options, terminal));
    });

  program
    .command('extend')
    .description('let the chains of a finished run go on: more draws, closer agreement, or more time')
    .argument('<run>', 'run directory with a posterior from chains')
    .option('--draws <n>', 'draws per chain in all')
    .option('--until <n>', 'effective draws at which chains that agree stop')
    .option('--max-time <time>', 'time that sampling may take from now on, e.g. "60 s"')
    .option('--input <file>', 'where the two-time file of the run is now, if it was moved')
    .addOption(workersOption())
    .addOption(elsewhereOption())
    .addOption(jsonOption())
    .option('-q, --quiet', 'print warnings and errors only', false)
    .addHelpText('after', helpText(EXTEND_HELP))
    .action(async (run: string, options: ExtendCommandOptions) => {
      const { extendCommand } = await import('../commands/extend.ts');
      setExitCode(await extendCommand(run, options, terminal));
    });

  program
    .command('rerun')
    .description('make a result again from what its run says, and say how near it comes; nothing is kept')
    .argument('<run>', 'run directory')
    .option('--input <file>', 'where the two-time file of the run is now, if it was moved')
    .option('--tolerance <k>', 'standard errors within which a parameter counts as the same', '0.01')
    .addOption(workersOption())
    .addOption(elsewhereOption())
    .addOption(jsonOption())
    .option('-q, --quiet', 'print warnings and errors only', false)
    .addHelpText('after', helpText(RERUN_HELP))
    .action(async (run: string, options: RerunCommandOptions) => {
      const { rerunCommand } = await import('../commands/rerun.ts');
      setExitCode(await rerunCommand(run, options, terminal));
    });
}

const FIT_HELP = `
Exit codes: 0 converged; 2 finished, not converged; 1 failed; 3 refused, nothing written; 130, 75 stopped (twotime resume goes on).

Examples:
  twotime fit data.h5 -c fit.yaml -o run
  twotime fit data.h5 -c fit.yaml -o first-500 --set data.frames=1..500
  twotime fit data.h5 -c fit.yaml -o run --force --profile D0,alpha`;

const EXTEND_HELP = `
The run ends as one that was asked for so much from the beginning.

Example:
  twotime extend run --until 2000`;

const RERUN_HELP = `
Exit codes: 0 the same bits, or within the tolerance; 2 different; 3 refused: no result, or other data.

Example:
  twotime rerun run`;

const RESUME_HELP = `
A run keeps a checkpoint while it works. Ctrl-C and the signals of schedulers write the best point so far and leave the
checkpoint; a killed run leaves it as well. The configuration is that of the run; the input has to hold the same data.
A run that has ended is left as it is (exit code 0). It goes on where it was to run, or where --backend says.

Example:
  twotime resume run`;

const SAMPLE_HELP = `
The fit gives the start. Importance sampling around its mode is the answer where it may stand (method auto); otherwise
chains are drawn until they agree: R-hat below 1.01 and 400 effective draws. The posterior has the width of the speckle
errors unless --likelihood says otherwise.

Exit codes: 0 the chains agree, or importance sampling stands; 2 they do not, or there is no posterior: the fit is written.

Examples:
  twotime both data.h5 -c fit.yaml -o run
  twotime sample fitted-run -o run --method nuts --until 1000`;
