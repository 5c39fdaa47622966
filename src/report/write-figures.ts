/** Draw the figures of a run and have each written as SVG and PNG into `plots/`. */
import { basename, join } from 'node:path';
import { constants, crc32, deflateSync } from 'node:zlib';
import type { Warning } from '../base/events.ts';
import { drawFigures } from '../plots/index.ts';
import type { Figure, FigureInput, PageFacts, PngCodec, PosteriorFigureInput } from '../plots/index.ts';
import type { FileToWrite, WriteGroup } from '../data/index.ts';
import { digestOutcome } from '../results/index.ts';
import { bytesOfPixels, svgToPng } from './svg-to-png.ts';

export interface FigureFilesInput extends Omit<FigureInput, 'facts' | 'codec'> {
  /** Absent or null when none was sampled. */
  readonly posterior?: Pick<PosteriorFigureInput, 'sampled' | 'likelihood' | 'predictive'> | null;
  /** Version of the program, for the footer. */
  readonly version: string;
}

export interface FigureFiles {
  /** Paths relative to the run directory. */
  readonly files: readonly string[];
  readonly warnings: readonly Warning[];
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

/**
 * Draw all figures and put each, as SVG and PNG, into `files`, which makes the PNG in other threads. Resolves when this
 * thread has drawn them; stops early when `files` has stopped.
 */
export async function putFigures(files: WriteGroup, directory: string, input: FigureFilesInput): Promise<FigureFiles> {
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
  const names: string[] = [];
  const put = async (file: Omit<FileToWrite, 'path'>, name: string): Promise<void> => {
    names.push(`plots/${name}`);
    await files.put({ path: join(directory, 'plots', name), ...file });
  };
  const rasteriser = await findRasteriser();
  for await (const figure of allFigures(input, facts)) {
    if (files.stopped) break;
    if (figure !== null) {
      const { name, svg } = figure;
      await put({ content: svg }, `${name}.svg`);
      const picture = { content: () => svgToPng(svg, files.signal), bytes: svg.length + bytesOfPixels(svg) };
      if (rasteriser === null) await put(picture, `${name}.png`);
    }
    // Give the background work a turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { files: names, warnings: rasteriser === null ? [] : [rasteriser] };
}

async function* allFigures(input: FigureFilesInput, facts: PageFacts): AsyncGenerator<Figure | null> {
  yield* drawFigures({ ...input, facts, codec: CODEC });
  if (!input.posterior) return;
  // Not loaded for a fit alone, which would start later.
  const { posteriorFigures } = await import('../plots/posterior/posterior-figures.ts');
  yield* posteriorFigures({ ...input.posterior, fit: input.outcome, facts });
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
