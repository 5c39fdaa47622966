/** `twotime watch`: look on while a run or a batch is at work elsewhere, until it ends. */
import { pause } from '../../base/pause.ts';
import { toJson } from '../../base/json.ts';
import { statusOfFolder } from '../../pipeline/batch/status.ts';
import { readEvents } from '../../pipeline/event-reader.ts';
import { statusText } from '../../report/status-text.ts';
import { STATUS_SCHEMA, type FolderStatus } from '../../results/index.ts';
import { EXIT, exitCodeOfStop } from '../exit-codes.ts';
import { progressListener } from '../progress.ts';
import { stoppable } from '../stop-signal.ts';
import { paint, type Terminal } from '../terminal.ts';

export interface WatchOptions {
  readonly json?: boolean;
}

const LOOK_EVERY_MILLISECONDS = 500;
/** Looking at a large batch takes a while; it is not to keep a core busy. */
const PAUSE_PER_LOOK = 4;
/** Between lines where there is no terminal: time, or share of the jobs. */
const PLAIN_SECONDS = 30;
const PLAIN_SHARE = 0.05;

export async function watchCommand(folder: string, options: WatchOptions, terminal: Terminal): Promise<number> {
  return stoppable(
    () => undefined,
    async (signal) => {
      const first = await statusOfFolder(folder);
      if (first.kind === 'run') await watchRun(folder, terminal, signal);
      else await watchMany(folder, first, terminal, signal);
      terminal.status('');
      const last = await statusOfFolder(folder);
      terminal.result(options.json === true ? toJson({ schema: STATUS_SCHEMA, folders: [last] }) : statusText(last));
      if (signal.aborted) return exitCodeOfStop(signal.reason);
      const { submitted, ok, notConverged } = last.counts;
      return ok === submitted && notConverged === 0 ? EXIT.done : EXIT.notConverged;
    },
  );
}

async function watchRun(run: string, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const show = progressListener(terminal, false);
  for await (const event of readEvents(run, { follow: true, signal })) if (event !== null) show(event);
}

async function watchMany(folder: string, first: FolderStatus, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const told = new Set<string>();
  let shownDone = -1;
  let shownAt = -Infinity;
  let now = first;
  for (;;) {
    const { worker, counts, running, open } = now;
    for (const { name, status, reason } of open) {
      if (status !== 'failed' || told.has(name)) continue;
      told.add(name);
      terminal.message(`${paint('failed', 'red', terminal)} ${name}: ${reason ?? ''}`);
    }
    if (signal.aborted || (worker === null && running.length === 0)) return;
    const done = counts.ok + counts.failed;
    const line = `${done}/${counts.submitted} ok ${counts.ok} failed ${counts.failed} · ${running.join(', ')}`;
    terminal.status(line);
    const seconds = performance.now() / 1000;
    if (
      !terminal.interactive &&
      (done - shownDone >= PLAIN_SHARE * counts.submitted || seconds - shownAt > PLAIN_SECONDS)
    ) {
      terminal.message(`[${new Date().toISOString().slice(11, 19)}] ${line}`);
      [shownDone, shownAt] = [done, seconds];
    }
    const began = performance.now();
    now = await statusOfFolder(folder);
    await pause(Math.max(LOOK_EVERY_MILLISECONDS, PAUSE_PER_LOOK * (performance.now() - began)), signal);
  }
}
