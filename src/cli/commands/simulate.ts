/** `twotime simulate`: a two-time file with known truth. */
import { toJson } from '../../base/json.ts';
import { loadConfig } from '../../config/load.ts';
import { computedHereWarning } from '../../parallel/index.ts';
import { EventLog } from '../../pipeline/event-log.ts';
import { parseNoise, runSimulation } from '../../pipeline/simulate-run.ts';
import { EXIT } from '../exit-codes.ts';
import { refuseExisting } from '../new-file.ts';
import { progressListener } from '../progress.ts';
import { stoppable } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';

export interface SimulateOptions {
  readonly config: string;
  readonly output: string;
  readonly noise: string;
  readonly photons?: string;
  readonly seed?: string;
  readonly workers?: string;
  readonly backend?: string;
  readonly force: boolean;
  readonly set: readonly string[];
  readonly json?: boolean;
}

export async function simulateCommand(options: SimulateOptions, terminal: Terminal): Promise<number> {
  const noise = parseNoise(options.noise, options.photons);
  const short = [
    ['seed', options.seed],
    ['parallel.workers', options.workers],
    ['parallel.backend', options.backend],
  ].flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
  const config = await loadConfig(options.config, { set: [...short, ...options.set] });
  await refuseExisting(options.output, options.force);
  const log = new EventLog();
  log.listen(progressListener(terminal, false));
  const here = computedHereWarning(config.parallel, 'simulations');
  if (here !== null) log.record({ kind: 'warning', warning: here });
  log.record({ kind: 'stage', stage: 'write', state: 'start' });
  const truth = await stoppable(terminal.message, (signal) =>
    runSimulation(config, noise, options.output, { signal, progress: log.record }),
  );
  log.record({ kind: 'stage', stage: 'write', state: 'end' });
  const { frames, phi } = truth.grid;
  const photons = options.photons === undefined ? '' : `, ${options.photons} photons per speckle and frame`;
  if (options.json === true) terminal.result(toJson(truth));
  else
    terminal.message(
      `wrote ${options.output}: ${phi.length} × ${frames} × ${frames}, noise ${options.noise}${photons}, seed ${truth.seed}`,
    );
  return EXIT.done;
}
