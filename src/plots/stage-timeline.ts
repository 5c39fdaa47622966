/** Who worked when: the stages of a batch along time, one bar per job. */
import { bottomAxis, FAINT_INK, frame, INK, LABEL_SIZE, type Box } from './axis.ts';
import { fixed } from './number-text.ts';
import { drawSheet } from './page.ts';
import { linearScale, type Scale } from './scale.ts';
import { element, line, text } from './svg.ts';
import { textWidth } from './text-width.ts';

/** Seconds from the beginning. */
export interface StageSpan {
  readonly stage: 'load' | 'fit' | 'sample' | 'write';
  readonly job: string;
  readonly start: number;
  readonly end: number;
}

export interface StageTimeline {
  readonly title: string;
  readonly spans: readonly StageSpan[];
  /** s */
  readonly total: number;
  readonly notes: readonly string[];
  readonly version: string;
}

const STAGES = ['load', 'fit', 'sample', 'write'] as const;
/** Neighbours differ, so that one ends visibly where the next begins. */
const COLOURS = {
  load: ['#2d7d46', '#7fb98f'],
  fit: ['#1f5fa8', '#7ba7d4'],
  sample: ['#6b4a9e', '#b09ad0'],
  write: ['#b04a1a', '#dd9b78'],
} as const;
const LEFT = 70;
const WIDTH = 900;
const ROW = 22;
const GAP = 10;
const NAME_SIZE = 9;

export function drawStageTimeline({ title, spans, total, notes, version }: StageTimeline): string {
  const stages = STAGES.filter((stage) => stage !== 'sample' || spans.some((span) => span.stage === stage));
  const lanes = stages.map((stage) => lanesOf(spans.filter((span) => span.stage === stage)));
  const height = lanes.reduce((sum, rows) => sum + Math.max(1, rows.length) * ROW + GAP, GAP);
  const box: Box = { x: LEFT, y: 4, width: WIDTH, height };
  const x = linearScale([0, Math.max(total, 1e-6)], [box.x, box.x + box.width]);
  const jobs = [...new Set(spans.map(({ job }) => job))];
  const numbers = new Map(jobs.map((job, k) => [job, k]));
  const parts: string[] = [];
  let y = box.y + GAP;
  for (const [k, stage] of stages.entries()) {
    const rows = lanes[k]!;
    const middle = y + (Math.max(1, rows.length) * ROW) / 2;
    parts.push(text(LEFT - 10, middle + 4, stage, { anchor: 'end', size: LABEL_SIZE, fill: INK }));
    for (const row of rows) {
      for (const span of row) parts.push(drawSpan(span, x, y, numbers.get(span.job)!));
      y += ROW;
    }
    if (rows.length === 0) y += ROW;
    y += GAP;
    if (k < stages.length - 1) {
      parts.push(line(box.x, y - GAP / 2, box.x + box.width, y - GAP / 2, { stroke: FAINT_INK, 'stroke-width': 0.3 }));
    }
  }
  return drawSheet(
    {
      width: LEFT + WIDTH + 24,
      height: box.y + height + 44,
      title,
      subtitle: `who worked when: ${jobs.length} jobs in ${fixed(total, total < 100 ? 2 : 0)} s`,
      body: [...parts, frame(box), bottomAxis(box, x, { label: 'time (s)', labelGap: 36 })].join(''),
      notes,
    },
    'stages of a batch',
    version,
  );
}

/** Spans that overlap go into rows of their own. */
function lanesOf(spans: readonly StageSpan[]): StageSpan[][] {
  const rows: StageSpan[][] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    const row = rows.find((one) => one.at(-1)!.end <= span.start + 1e-9);
    if (row === undefined) rows.push([span]);
    else row.push(span);
  }
  return rows;
}

function drawSpan({ stage, job, start, end }: StageSpan, x: Scale, y: number, number: number): string {
  const isLight = number % 2 === 1;
  const colour = COLOURS[stage][number % 2]!;
  const width = Math.max(0.5, x(end) - x(start));
  const bar = element('rect', { x: x(start), y: y + 2, width, height: ROW - 4, fill: colour });
  if (textWidth(job, NAME_SIZE) + 6 > width) return bar;
  return bar + text(x(start) + 3, y + 14, job, { size: NAME_SIZE, fill: isLight ? INK : '#ffffff' });
}
