/** Commands that look after runs: follow them, read their events, pack them, tidy up. */
import { Option, type Command } from 'commander';
import type { BundleOptions } from '../commands/bundle.ts';
import type { GcOptions } from '../commands/gc.ts';
import type { LogsOptions } from '../commands/logs.ts';
import type { WatchOptions } from '../commands/watch.ts';
import type { Terminal } from '../terminal.ts';
import { helpText, jsonOption } from './options.ts';

export function addUpkeep(program: Command, terminal: Terminal, setExitCode: (code: number) => void): void {
  program
    .command('watch')
    .description('look on while a run or a batch is at work, until it ends')
    .argument('<folder>', 'run, batch, or folder with runs in it')
    .addOption(jsonOption())
    .addHelpText('after', helpText(WATCH_HELP))
    .action(async (folder: string, options: WatchOptions) => {
      const { watchCommand } = await import('../commands/watch.ts');
      setExitCode(await watchCommand(folder, options, terminal));
    });

  program
    .command('logs')
    .description('show what happened in a run')
    .argument('<run>', 'run directory')
    .option('-f, --follow', 'go on as long as a process works on the run', false)
    .option('--level <name>', 'least level to show: debug, info, warning or error', 'info')
    .addOption(new Option('--json', 'print the events as they stand in events.ndjson, one JSON document per line'))
    .addHelpText('after', helpText(LOGS_HELP))
    .action(async (run: string, options: LogsOptions) => {
      const { logsCommand } = await import('../commands/logs.ts');
      setExitCode(await logsCommand(run, options, terminal));
    });

  program
    .command('bundle')
    .description('pack a finished run for a co-author: result, report, figures, configuration, provenance')
    .argument('<run>', 'run directory')
    .option('-o, --output <file>', 'ZIP file to write; must not exist (default: RUN.zip here)')
    .option('--no-arrays', 'without fit.npz, which may be large')
    .option('--force', 'replace an existing file', false)
    .addOption(jsonOption())
    .addHelpText('after', helpText(BUNDLE_HELP))
    .action(async (run: string, options: BundleOptions) => {
      const { bundleCommand } = await import('../commands/bundle.ts');
      setExitCode(await bundleCommand(run, options, terminal));
    });

  program
    .command('gc')
    .description('remove what killed processes left in runs and batches; never a result')
    .argument('<folder...>', 'runs, batches, or folders with runs in them')
    .option('--dry-run', 'say what would be removed, and how many bytes; remove nothing', false)
    .addOption(jsonOption())
    .addHelpText('after', helpText(GC_HELP))
    .action(async (folders: readonly string[], options: GcOptions) => {
      const { gcCommand } = await import('../commands/gc.ts');
      setExitCode(await gcCommand(folders, options, terminal));
    });
}

const WATCH_HELP = `
Nothing is locked or written, so anybody who can read the folder may look on. Without a terminal there is a line per 30 s or
5 % of the jobs. Ctrl-C ends the looking on, not the work.

Exit codes: 0 all converged; 2 some did not, failed, or are not there; 130 Ctrl-C.

Example:
  twotime watch scan`;

const LOGS_HELP = `
Examples:
  twotime logs run
  twotime logs run --follow --level debug
  twotime logs scan/A_0031_q0.0237 --level warning`;

const BUNDLE_HELP = `
The archive has one folder, named as the run, and in it manifest.json with the size and sha256 of every file. The data are not
in it: the manifest names them by the hash of their content. Checkpoints and chains that could go on stay at home.

Examples:
  twotime bundle run
  twotime bundle run -o for-anna.zip --no-arrays`;

const GC_HELP = `
Leftovers are files that were not written to their end, locks of processes that are gone, checkpoints of runs that are whole, runs
that were not begun, and runs in whose place a whole one stands. Folders in which a process is at work are left alone.

Examples:
  twotime gc --dry-run scan runs
  twotime gc scan`;
