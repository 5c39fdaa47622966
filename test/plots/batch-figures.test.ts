/** Figures of a batch: what they show of which jobs, and bars where the stages worked. */
import { describe, expect, it } from 'vitest';
import { drawBatchTrends, drawStageTimeline } from '../../src/plots/index.ts';
import type { JobRecord } from '../../src/results/index.ts';
import { readSvg } from '../support/read-svg.ts';

function jobAt(file: number, q: number, more: Partial<JobRecord> = {}): JobRecord {
  const D0 = {
    value: 1000 * file * (1 + q),
    unit: 'Angstrom^2/s',
    vary: true,
    atBound: null,
    speckle: 50,
    independent: 5,
  };
  const relaxation = { time: 1 / (q * q * 1000 * file), error: 0.01 };
  const alpha = { value: 0, unit: '', vary: false, atBound: null, speckle: null, independent: null };
  return {
    ...{
      name: `A_${file}_q${q}`,
      file: `A_${file}.h5`,
      path: `/data/A_${file}.h5`,
      config: '',
      q,
      angles: 2,
      frames: 60,
    },
    ...{ size: 1, modified: 1, status: 'ok', reason: null, seconds: { load: 1, fit: 2, write: 1 } },
    result: {
      ...{ fit: 'converged', q, points: 3422, angles: 2, reducedChi2: 1, digest: 'ab', shownErrors: 'speckle' },
      ...{ parameters: { D0, alpha }, contrast: 0.3, offset: 1, relaxation, warnings: [] },
    },
    ...more,
  };
}

const jobs = [1, 2, 3].flatMap((file) => [0.01, 0.02, 0.04].map((q) => jobAt(file, q)));

describe('the figures of a batch', () => {
  it('show what was fitted against q, and against the order of the files', () => {
    const figures = drawBatchTrends(jobs, 'batch scan', '0.1.0');
    expect(figures.map(({ name }) => name)).toEqual(['parameters-by-q', 'parameters-by-file']);
    const [byQ, byFile] = figures.map(({ svg }) => readSvg(svg));
    expect(byQ!.texts).toEqual(expect.arrayContaining(['D₀ (Å²/s)', 'mean contrast', 'q (Å⁻¹)', 'A_1.h5', 'A_3.h5']));
    expect(byQ!.texts).not.toContain('α');
    expect(byFile!.texts).toEqual(expect.arrayContaining(['file number', 'q = 0.01 Å⁻¹', 'q = 0.04 Å⁻¹']));
    expect(byQ!.texts).toEqual(expect.arrayContaining(['τ (s)', 'dashed: slope −2']));
    expect(figures[0]!.svg.match(/stroke-dasharray="5 4"/g)).toHaveLength(1);
    expect(figures[1]!.svg).not.toContain('stroke-dasharray="5 4"');
    expect(figures[0]!.svg.match(/stroke-width="7"/g)).toHaveLength(9);
  });

  it('number the files in whole numbers', () => {
    const { svg } = drawBatchTrends(jobs, 'batch scan', '0.1.0').find(({ name }) => name === 'parameters-by-file')!;
    expect(readSvg(svg).texts).toEqual(expect.arrayContaining(['1', '2', '3']));
    expect(readSvg(svg).texts).not.toEqual(expect.arrayContaining(['1.5']));
  });

  it('show the errors of values that differ by less than those, whole', () => {
    const close = [1, 2, 3].map((file) => {
      const job = jobAt(file, 0.01);
      const D0 = { ...job.result!.parameters['D0']!, value: 1e-4 * (1 + 0.1 * file), speckle: 1e-4 };
      return { ...job, result: { ...job.result!, parameters: { D0 } } };
    });
    const { svg } = drawBatchTrends(close, 'batch scan', '0.1.0').find(({ name }) => name === 'parameters-by-file')!;
    const upright = [...svg.matchAll(/<path d="M([\d.]+) ([\d.]+)L\1 ([\d.]+)" stroke="#1f5fa8"/g)];
    const lengths = upright.map(([, , from, to]) => Math.abs(Number(from) - Number(to)));
    // τ has errors of its own. A bar as long as the panel is high, 150, would be cut by the frame.
    const ofD0 = lengths.slice(-3);
    expect(ofD0).toHaveLength(3);
    for (const length of ofD0) expect(length).toBeLessThan(140);
  });

  it('draw relaxation times of pure diffusion along the guide of slope −2', () => {
    const one = [0.01, 0.02, 0.04].map((q) => jobAt(1, q));
    const { svg } = drawBatchTrends(one, 'batch scan', '0.1.0')[0]!;
    const [, x1, y1, x2, y2] = /<path d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)"[^>]*dasharray="5 4"/.exec(svg)!;
    const discs = /<path d="((?:M[\d.]+ [\d.]+h.01)+)"[^>]*stroke-width="7"/.exec(svg)![1]!;
    const dots = discs.matchAll(/M([\d.]+) ([\d.]+)h/g);
    const slope = (Number(y2) - Number(y1)) / (Number(x2) - Number(x1));
    for (const [, x, y] of dots) expect(Number(y1) + slope * (Number(x) - Number(x1))).toBeCloseTo(Number(y), 0);
  });

  it('show what a manifest says of the files, where it says different things', () => {
    const told = jobs.map((job) => ({ ...job, meta: { T: 290 + Number(job.file[2]), run: 7 } }));
    const figures = drawBatchTrends(told.slice(0, 7), 'batch scan', '0.1.0');
    expect(figures.map(({ name }) => name)).toEqual(['parameters-by-q', 'parameters-by-file', 'parameters-by-T']);
    expect(readSvg(figures[2]!.svg).texts).toEqual(expect.arrayContaining(['T', 'D₀ (Å²/s)']));
  });

  it('leave out what has no result, and say how many; open circles for what is doubtful', () => {
    const failed = jobAt(4, 0.01, { status: 'failed', reason: 'bad', result: null });
    const stalled = jobAt(4, 0.02);
    const doubtful = { ...stalled, result: { ...stalled.result!, fit: 'stalled' as const } };
    const [byQ] = drawBatchTrends([...jobs, failed, doubtful], 'batch scan', '0.1.0');
    expect(readSvg(byQ!.svg).texts).toContain('1 of 11 jobs have no result and are not shown.');
    expect(byQ!.svg).toMatch(/stroke="#ffffff" stroke-width="4.5"/);
  });

  it('are left out where there is one fit, or none', () => {
    expect(drawBatchTrends([jobs[0]!], 'batch scan', '0.1.0')).toEqual([]);
    expect(drawBatchTrends([], 'batch scan', '0.1.0')).toEqual([]);
  });
});

describe('the timeline of a batch', () => {
  it('has a bar for every stage of every job, side by side where they overlap', () => {
    const spans = [
      { stage: 'load', job: 'one', start: 0, end: 1 },
      { stage: 'load', job: 'two', start: 1, end: 2 },
      { stage: 'fit', job: 'one', start: 1, end: 4 },
      { stage: 'write', job: 'one', start: 4, end: 6 },
      { stage: 'write', job: 'two', start: 5, end: 7 },
    ] as const;
    const svg = drawStageTimeline({ title: 'batch', spans, total: 8, notes: ['note'], version: '0.1.0' });
    const bars = [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="18"/g)];
    expect(bars).toHaveLength(5);
    const [, , fit, first, second] = bars.map(([, x, y, width]) => ({
      x: Number(x),
      y: Number(y),
      width: Number(width),
    }));
    expect(fit!.width).toBeCloseTo((3 / 8) * 900, 0);
    expect(second!.y).toBeGreaterThan(first!.y);
    expect(readSvg(svg).texts).toEqual(expect.arrayContaining(['load', 'fit', 'write', 'time (s)', 'note']));
  });
});
