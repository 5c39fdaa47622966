/** A driver of a run in rounds over jobs, small as its data are: fit or sample, FILE CONFIG OUTPUT, and settings. */
import { loadConfig } from '../../src/config/load.ts';
import { runFitAnywhere } from '../../src/pipeline/cluster/index.ts';
import { EventLog } from '../../src/pipeline/event-log.ts';

const [work, file = '', config = '', output = '', ...set] = process.argv.slice(2);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort('stopped'));
const log = new EventLog();
log.listen((event) => {
  if (event.kind === 'log') console.error(event.text);
});
const request = { file, config: await loadConfig(config, { set }), output, force: false, argv: [] };
const asked = work === 'sample' ? ({ ...request, work } as const) : request;
const rule = { costs: { perPoint: 1e6, round: 1 }, isWorth: () => true };
const { status } = await runFitAnywhere(asked, log, stop.signal, rule);
process.exitCode = status === 'cancelled' ? 75 : 0;
