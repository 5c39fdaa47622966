/** `twotime simulate`: a two-time file with known truth. */
import { toJson } from '../../base/json.ts';
import { loadConfig } from '../../config/load.ts';
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
  readonly seed?: string;
  readonly force: boolean;
  readonly set: readonly string[];
  readonly json?: boolean;
}

export async function simulateCommand(options: SimulateOptions, terminal: Terminal): Promise<number> {
  const noise = parseNoise(options.noise);
  const seed = options.seed === undefined ? [] : [`seed=${options.seed}`];
  const config = await loadConfig(options.config, { set: [...seed, ...options.set] });
  await refuseExisting(options.output, options.force);
  const log = new EventLog();
  log.listen(progressListener(terminal, false));
  log.record({ kind: 'stage', stage: 'write', state: 'start' });
  const truth = await stoppable(terminal.message, (signal) =>
    runSimulation(config, noise, options.output, { signal, progress: log.record }),
  );
  log.record({ kind: 'stage', stage: 'write', state: 'end' });
  const { frames, phi } = truth.grid;
  if (options.json === true) terminal.result(toJson(truth));
  else
    terminal.message(
      `wrote ${options.output}: ${phi.length} × ${frames} × ${frames}, noise ${options.noise}, seed ${truth.seed}`,
    );
  return EXIT.done;
}
