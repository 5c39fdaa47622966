/**
 * A worker thread of the local pool: computes units of sweeps, and runs coarse tasks by name.
 *
 * Idle, it blocks on the board (microseconds to wake). While a task runs its event loop is alive, so that a task can
 * wait for files and be told to stop. It serves until asked to quit.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { Cancelled, Defect } from '../../../base/errors.ts';
import type { RunEvent } from '../../../base/events.ts';
import { instantiateOn } from '../../../kernels/load.ts';
import { runNamedTask, type TaskFunctionContext } from '../../run-named-task.ts';
import { DataTable } from '../../shared-data.ts';
import { errorParts } from './error-parts.ts';
import type { TaskMessage, WorkerMessage, WorkerReply, WorkerStart } from './messages.ts';
import { SweepBoard } from './sweep-board.ts';
import { computeUnits, type SweepThread } from './sweep-unit.ts';

const start = workerData as WorkerStart;
const port = parentPort;
if (port === null) throw new Defect('a pool worker was started outside a thread');
const board = new SweepBoard(start.board, start.threads);
const kernels = instantiateOn(start.module, start.memory);
const own: SweepThread = { kernels, memory: start.memory, board, thread: start.thread };
const data = new DataTable();
for (const [number, arrays] of start.data) data.keep(number, arrays);
const queue: TaskMessage[] = [];
let running: { readonly id: number; readonly stop: AbortController } | null = null;

const reply = (message: WorkerReply): void => port.postMessage(message);

function cancel(id: number): void {
  if (running?.id === id) running.stop.abort('cancelled');
  const place = queue.findIndex((task) => task.id === id);
  if (place < 0) return;
  queue.splice(place, 1);
  reply({ kind: 'failed', id, error: errorParts(new Cancelled('stopped on request')) });
}

function receive(message: WorkerMessage): void {
  switch (message.kind) {
    case 'task':
      queue.push(message);
      return;
    case 'cancel':
      cancel(message.id);
      return;
    case 'data':
      if (message.arrays === null) data.forget(message.number);
      else data.keep(message.number, message.arrays);
  }
}
port.on('message', receive);

async function runTask(task: TaskMessage): Promise<void> {
  const stop = new AbortController();
  running = { id: task.id, stop };
  board.setBusy(start.thread, true);
  const beat = (): void => board.beat(start.thread);
  const progress = (event: RunEvent): void => {
    beat();
    reply({ kind: 'progress', id: task.id, event });
  };
  try {
    const context: TaskFunctionContext = {
      memory: start.memory,
      kernels,
      data: async (ref) => data.open(ref),
      signal: stop.signal,
      progress,
      beat,
    };
    const output = await runNamedTask(task, task.input, context);
    reply({ kind: 'done', id: task.id, output });
  } catch (error) {
    reply({ kind: 'failed', id: task.id, error: errorParts(error) });
  } finally {
    running = null;
    board.setBusy(start.thread, false);
  }
}

async function serve(): Promise<void> {
  while (!board.quitting) {
    const seen = board.signal();
    computeUnits(own, board.facts());
    for (let next = receiveMessageOnPort(port!); next !== undefined; next = receiveMessageOnPort(port!)) {
      receive(next.message as WorkerMessage);
    }
    const task = queue.shift();
    if (task !== undefined) await runTask(task);
    else board.sleep(seen);
  }
}

reply({ kind: 'ready' });
await serve();
port.close();
