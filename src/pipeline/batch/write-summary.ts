/** What a batch says of all its jobs together: `summary.csv`, `summary.html` and figures. */
import { basename, join, resolve } from 'node:path';
import type { Warning } from '../../base/events.ts';
import { writeFileAtomically } from '../../data/index.ts';
import { drawBatchTrends, drawStageTimeline } from '../../plots/index.ts';
import { batchHtml, svgToPng } from '../../report/index.ts';
import { batchCsv, type BatchRecord } from '../../results/index.ts';
import { packageVersion } from '../versions.ts';
import type { Timeline } from './timeline.ts';

/** Jobs of which a figure of the timeline can still be read. */
const MOST_IN_TIMELINE = 2000;

/** Write them into the folder; with `timeline`, also who worked when. */
export async function writeSummary(
  folder: string,
  record: BatchRecord,
  timeline: Timeline | null,
): Promise<{ readonly warnings: readonly Warning[] }> {
  const title = `batch ${basename(resolve(folder))}`;
  const version = packageVersion();
  const figures: { name: string; svg: string }[] = [...drawBatchTrends(record.jobs, title, version)];
  if (timeline !== null && timeline.spans.length > 0) {
    const spans = timeline.spans.slice(0, 3 * MOST_IN_TIMELINE);
    const total = spans.length < timeline.spans.length ? Math.max(...spans.map(({ end }) => end)) : timeline.now();
    figures.push({
      name: 'timeline',
      svg: drawStageTimeline({ title, spans, total, notes: notesOn(record), version }),
    });
  }
  await writeFileAtomically(join(folder, 'summary.csv'), batchCsv(record.jobs));
  const warnings: Warning[] = [];
  for (const { name, svg } of figures) {
    await writeFileAtomically(join(folder, 'plots', `${name}.svg`), svg);
    try {
      await writeFileAtomically(join(folder, 'plots', `${name}.png`), await svgToPng(svg));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
      warnings.push({ code: 'png-not-written', text: `plots/${name}.svg is there without its PNG (${why})` });
    }
  }
  const shown = figures.map(({ svg }) => svg);
  await writeFileAtomically(join(folder, 'summary.html'), batchHtml(record, shown, title));
  return { warnings };
}

function notesOn({ stages }: BatchRecord): string[] {
  if (stages === null) return [];
  const { total, load, fit, sample = 0, write, fitWaited, loadWaited, writeWaited, outside } = stages;
  const of = (seconds: number): string => `${seconds.toFixed(2)} s`;
  return [
    `Worked: load ${of(load)}, fit ${of(fit)}, ${sample > 0 ? `sample ${of(sample)}, ` : ''}write ${of(write)}; of ${of(total)}, ${of(outside)} passed outside the stages.`,
    `Waited: the fit ${of(fitWaited)} for data, reading ${of(loadWaited)} for room, the fit ${of(writeWaited)} for earlier jobs to be sampled or written.`,
  ];
}
