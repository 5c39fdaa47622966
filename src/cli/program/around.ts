/** Commands around runs: look at files, simulate, plan, configure, examine the installation. */
import { Option, type Command } from 'commander';
import type { ConfigInitOptions, ConfigValidateOptions } from '../commands/config.ts';
import type { DesignOptions } from '../commands/design.ts';
import type { DoctorOptions } from '../commands/doctor.ts';
import type { InspectOptions } from '../commands/inspect.ts';
import type { SimulateOptions } from '../commands/simulate.ts';
import type { Terminal } from '../terminal.ts';
import { collect, helpText, jsonOption, setOption } from './options.ts';

export function addAround(program: Command, terminal: Terminal, setExitCode: (code: number) => void): void {
  program
    .command('inspect')
    .description('list what a file holds and what it does not say, without fitting')
    .argument('<file>', 'two-time file')
    .addOption(jsonOption())
    .action(async (file: string, options: InspectOptions) => {
      const { inspectCommand } = await import('../commands/inspect.ts');
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
    .addHelpText('after', helpText(SIMULATE_HELP))
    .action(async (options: SimulateOptions) => {
      const { simulateCommand } = await import('../commands/simulate.ts');
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
        .default([], ''),
    )
    .addOption(setOption())
    .addOption(jsonOption())
    .addHelpText('after', helpText(DESIGN_HELP))
    .action(async (options: DesignOptions) => {
      const { designCommand } = await import('../commands/design.ts');
      setExitCode(await designCommand(options, terminal));
    });

  const config = program.command('config').description('start and check configuration files');
  config
    .command('init')
    .description('print a commented configuration to start from')
    .addOption(new Option('--model <name>', 'physics').choices(['static', 'laminar_flow']).default('laminar_flow'))
    .option('--from <file>', 'fill in q, dt and angles from a two-time file')
    .option('--gap <length>', 'gap between rotor and stator, e.g. "200 um"; without it you set it in the file')
    .option('-o, --output <fit.yaml>', 'write to a file instead of standard output; must not exist')
    .addOption(jsonOption())
    .action(async (options: ConfigInitOptions) => {
      const { configInitCommand } = await import('../commands/config.ts');
      setExitCode(await configInitCommand(options, terminal));
    });
  config
    .command('validate')
    .description('check a configuration and show it with every default filled in')
    .argument('<fit.yaml>', 'configuration file')
    .addOption(setOption())
    .addOption(jsonOption())
    .action(async (file: string, options: ConfigValidateOptions) => {
      const { configValidateCommand } = await import('../commands/config.ts');
      setExitCode(await configValidateCommand(file, options, terminal));
    });

  program
    .command('doctor')
    .description('say what this installation can do here, and why not the rest')
    .addOption(jsonOption())
    .action(async (options: DoctorOptions) => {
      const { doctorCommand } = await import('../commands/doctor.ts');
      setExitCode(await doctorCommand(options, terminal));
    });
}

const SIMULATE_HELP = `
The file holds the true values as well.

Examples:
  twotime simulate -c model.yaml -o data.h5 --noise speckle:1000
  twotime simulate -c model.yaml -o data.npz --noise white:0.02 --seed 3`;

const DESIGN_HELP = `
Keys of --vary: frames, dt, phi, q, gap, t0, contrast, offset, convention, speckles, photon-noise, photons, the name of a
parameter (its value), or any key of the configuration. A list as value goes into brackets.

Examples:
  twotime design -c model.yaml --speckles 1000
  twotime design -c model.yaml --speckles 1000 --vary 'phi=[0 deg, 90 deg],[0 deg, 45 deg, 90 deg]'
  twotime design -c model.yaml --speckles 1000 --photon-noise 0.02 --vary frames=500,1000,2000 --vary contrast=0.05,0.2`;
