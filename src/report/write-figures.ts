/** Draw the figures of a run and write each as SVG and PNG into `plots/`. */
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { constants, crc32, deflateSync } from 'node:zlib';
import type { Warning } from '../base/events.ts';
import { settleAll } from '../base/settle.ts';
import { throwIfCancelled } from '../base/task-context.ts';
import type { TaskContext } from '../base/task-context.ts';
import { drawFigures } from '../plots/index.ts';
import type { Figure, FigureInput, PngCodec } from '../plots/index.ts';
import { writeFileAtomically } from '../data/index.ts';
import { digestOutcome } from '../results/index.ts';
import { svgToPng } from './svg-to-png.ts';

export interface FigureFilesInput extends Omit<FigureInput, 'facts' | 'codec'> {
  /** Version of the program, for the footer. */
  readonly version: string;
}

export interface FigureFiles {
  /** Paths relative to the run directory. */
  readonly files: readonly string[];
  readonly warnings: readonly Warning[];
  /** Resolves when all files are there; throws `OutputFailed` when everything has come to rest. */
  readonly written: Promise<void>;
}

const CODEC: PngCodec = {
  deflate: (bytes, content) =>
    deflateSync(bytes, {
      level: 1,
      strategy: content === 'noise' ? constants.Z_RLE : constants.Z_DEFAULT_STRATEGY,
      chunkSize: 2 ** 17,
    }),
  crc32,
};

/** Pages turned into PNG at a time: each takes megabytes, and files need one of the four threads of Node's pool. */
const PAGES_AT_ONCE = Math.min(3, availableParallelism());

/**
 * Draw all figures and begin to write them: resolves when this thread has drawn them, while other threads still turn
 * some into PNG and write files.
 */
export async function writeFigures(
  directory: string,
  input: FigureFilesInput,
  context: TaskContext = {},
): Promise<FigureFiles> {
  const { dataset, model, outcome, version } = input;
  const facts = {
    dataset: basename(dataset.source.file),
    q: dataset.q,
    phi: Array.from(dataset.phi),
    convention: model.convention,
    status: outcome.status,
    digest: digestOutcome(outcome),
    version,
  };
  const files: string[] = [];
  const writing: Promise<void>[] = [];
  let failed = false;
  const write = async (name: string, content: () => string | Promise<Uint8Array>): Promise<void> => {
    files.push(`plots/${name}`);
    try {
      await writeFileAtomically(join(directory, 'plots', name), await content());
    } catch (failure) {
      failed = true;
      throw failure;
    }
  };
  const begin = (task: Promise<void>): void => {
    // The failure is told by `written`, which is awaited later.
    task.catch(() => undefined);
    writing.push(task);
  };
  const rasteriser = await findRasteriser();
  const inTurn = takeTurns(PAGES_AT_ONCE);
  const start = ({ name, svg }: Figure): void => {
    begin(write(`${name}.svg`, () => svg));
    if (rasteriser !== null) return;
    begin(write(`${name}.png`, () => inTurn(() => svgToPng(svg, context.signal))));
  };
  for (const figure of drawFigures({ ...input, facts, codec: CODEC })) {
    if (context.signal?.aborted === true || failed) break;
    if (figure !== null) start(figure);
    // Give the background work a turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const finish = async (): Promise<void> => {
    await Promise.allSettled(writing);
    throwIfCancelled(context);
    await settleAll(writing);
  };
  return { files, warnings: rasteriser === null ? [] : [rasteriser], written: finish() };
}

/** Lets at most `count` tasks run at a time, first come first served. */
function takeTurns(count: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = count;
  return async (task) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}

/** Null when PNG files can be made on this machine, else the warning that says why not. */
async function findRasteriser(): Promise<Warning | null> {
  try {
    await import('@resvg/resvg-js');
    return null;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    return {
      code: 'png-not-written',
      text: `figures are written as SVG only: the PNG renderer cannot be loaded here (${why})`,
    };
  }
}
