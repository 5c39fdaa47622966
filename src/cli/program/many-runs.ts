/** Commands on many runs: batches, how they stand, and runs side by side. */
import type { Command } from 'commander';
import type { CompareOptions } from '../commands/compare.ts';
import type { BatchCommandOptions } from '../commands/batch.ts';
import type { CollectOptions, SubmitOptions } from '../commands/submit.ts';
import type { StatusOptions } from '../commands/status.ts';
import type { Terminal } from '../terminal.ts';
import { helpText, jsonOption, setOption } from './options.ts';

export function addManyRuns(program: Command, terminal: Terminal, setExitCode: (code: number) => void): void {
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
    .option('--sample', 'sample the posterior of every job as well (short for sample.batch)')
    .option('--timeline', 'draw who worked when', false)
    .option('--watch <folder>', 'fit files as they appear in a folder, until stopped, instead of files')
    .option('--settle <seconds>', 'with --watch: a file is whole when it has not changed for so long', '5')
    .addOption(setOption())
    .option('--workers <n>', 'worker threads; the results do not depend on their number')
    .option('--backend <name>', 'execution backend (short for --set parallel.backend=name)')
    .addOption(jsonOption())
    .option('-q, --quiet', 'print failures and errors only', false)
    .addHelpText('after', helpText(BATCH_HELP))
    .action(async (files: readonly string[], options: BatchCommandOptions) => {
      const { batchCommand } = await import('../commands/batch.ts');
      setExitCode(await batchCommand(files, options, terminal));
    });

  program
    .command('submit')
    .description('give a batch to the jobs of Slurm or PBS')
    .argument('[files...]', "two-time files or quoted patterns such as 'data/*.h5'; none: those of the batch so far")
    .option('-c, --config <fit.yaml>', 'configuration file; the site in parallel.cluster')
    .option('--manifest <file>', 'YAML or CSV that says which files are fitted how, instead of files')
    .requiredOption('-o, --output <folder>', 'folder of the batch, on a file system that all nodes see')
    .option('--q <which>', 'all: every q ring of a file; or one, e.g. "0.0237 1/Angstrom" (default: data.q, or all)')
    .option('--only <which>', 'failed: repeat what failed; pending: leave that out')
    .option('--dry-run', 'print the script of the jobs; submit nothing', false)
    .option('--detach', 'return when the jobs are submitted; they need nobody', false)
    .addOption(setOption())
    .option('--backend <name>', 'slurm or pbs (short for --set parallel.backend=name)')
    .addOption(jsonOption())
    .option('-q, --quiet', 'print failures and errors only', false)
    .addHelpText('after', helpText(SUBMIT_HELP))
    .action(async (files: readonly string[], options: SubmitOptions) => {
      const { submitCommand } = await import('../commands/submit.ts');
      const told = { ...options, failFast: false, overlap: true, timeline: false, settle: '5' };
      setExitCode(await submitCommand(files, told, terminal));
    });

  program
    .command('collect')
    .description('take up what the jobs of a submitted batch have done, from any login')
    .argument('<folder>', 'folder of the batch')
    .option('--close', 'end its jobs; what is not done can then go on with batch or submit', false)
    .addOption(jsonOption())
    .option('-q, --quiet', 'print errors only', false)
    .action(async (folder: string, options: CollectOptions) => {
      const { collectCommand } = await import('../commands/submit.ts');
      setExitCode(await collectCommand(folder, options, terminal));
    });

  program
    .command('status')
    .description('say how batches and runs stand: what is done, at work, failed and why')
    .argument('<folder...>', 'batches, runs, or folders with runs in them')
    .addOption(jsonOption())
    .action(async (folders: readonly string[], options: StatusOptions) => {
      const { statusCommand } = await import('../commands/status.ts');
      setExitCode(await statusCommand(folders, options, terminal));
    });

  program
    .command('compare')
    .description('put runs side by side, and say which model predicts better')
    .argument('<run...>', 'run directories, two or more')
    .option('--format <name>', 'text, markdown, csv or latex', 'text')
    .option('--input <file>', 'where the two-time file of the runs is now, if it was moved')
    .option('--no-rank', 'the table alone, without reading the data again')
    .addOption(jsonOption())
    .addHelpText('after', helpText(COMPARE_HELP))
    .action(async (runs: string[], options: CompareOptions) => {
      const { compareCommand } = await import('../commands/compare.ts');
      setExitCode(await compareCommand(runs, options, terminal));
    });
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

const SUBMIT_HELP = `
Without --detach this waits for the jobs, as batch with the same backend. With it, jobs try again by themselves what was lost,
and those of Slurm go back into the queue when their wall time ends.

Examples:
  twotime submit 'data/*.h5' -c fit.yaml -o scan --backend slurm --dry-run
  twotime submit 'data/*.h5' -c fit.yaml -o scan --backend slurm --detach
  twotime watch scan
  twotime collect scan`;

const COMPARE_HELP = `
Runs that fit the same pairs of the same data are ranked by cross-validation: blocks of frames are left out one at a time, the
models fitted again to the rest and scored on the pairs left out. Runs of other data, frames or angles stand in the table, but
are not ranked. Errors are those under speckle.

Examples:
  twotime compare static flow
  twotime compare runs/* --format latex --no-rank`;
