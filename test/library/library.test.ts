/** The library: the same numbers as the commands, nothing printed, nothing ended, everything given back. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
  fit,
  fitToRun,
  fitToRuns,
  isTwotimeError,
  readDataset,
  sample,
  type Settings,
} from '../../src/library/index.ts';
import { placeOf } from '../../src/library/read-dataset.ts';
import { RINGS_CONFIG, writeRings } from '../support/batch-files.ts';
import { temporaryFolder, twotime, writeText } from '../cli/command.ts';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const file = at('A.npz');

/** What RINGS_CONFIG says. */
const settings: Settings = {
  model: 'static',
  parameters: { alpha: 'fixed 0', D_offset: 'fixed 0' },
  fit: { starts: 2 },
  output: { figures: false, arrays: false },
};

beforeAll(async () => {
  await writeRings(file, { q: [0.02], frames: 60, D: 5000, seed: 1 });
  await writeRings(at('two-rings.npz'), { q: [0.01, 0.02], frames: 60, D: 5000, seed: 1 });
});

describe('the library', () => {
  it('reads, fits and samples, and has the digest of the command', async () => {
    const printed = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
    await using dataset = await readDataset(file, settings);
    await using fitted = await fit(dataset);
    const posterior = await sample(fitted, { draws: 200 });
    printed.forEach((spy) => {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    });
    const config = writeText(folder, 'fit.yaml', RINGS_CONFIG);
    const { out } = await twotime('fit', file, '-c', config, '-o', at('run'), '--json');
    const command = JSON.parse(out) as { digest: string };
    expect(fitted.result.digest).toBe(command.digest);
    const { value, uncertainty } = fitted.result.parameters['D0']!;
    const drawn = posterior.summaries.find(({ name }) => name === 'D0')!;
    expect(Math.abs(drawn.mean - value!)).toBeLessThan(uncertainty.speckle!);
    expect(posterior.verdict.level).toBe('good');
  });

  it('fits the same data again with other settings, one fit beside another, for any number of workers', async () => {
    await using dataset = await readDataset(file, { ...settings, parallel: { workers: 1 } });
    const fits = await Promise.all([
      fit(dataset),
      fit(dataset, { ...settings, parallel: { workers: 2 } }),
      fit(dataset, { ...settings, scaling: { mode: 'shared' } }),
    ]);
    const [one, two, shared] = fits.map(({ result }) => result.digest);
    expect(two).toBe(one);
    expect(shared).not.toBe(one);
    for (const fitted of fits) await fitted[Symbol.asyncDispose]();
  });

  it('puts data sets that follow each other into one memory, and those beside each other into their own', async () => {
    const first = await readDataset(file, settings);
    const beside = await readDataset(file, settings);
    const memory = placeOf(first);
    expect(placeOf(beside)).not.toBe(memory);
    const before = await fit(first);
    await before[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    await expect(readDataset(at('missing.npz'), settings)).rejects.toMatchObject({ tag: 'InputRefused' });
    await using next = await readDataset(file, settings);
    await using another = await readDataset(file, settings);
    expect(placeOf(next)).toBe(memory);
    expect(placeOf(another)).not.toBe(memory);
    await using after = await fit(next);
    expect(after.result.digest).toBe(before.result.digest);
    await beside[Symbol.asyncDispose]();
  });

  it('says all that is wrong with settings, by key, and what is wrong with files', async () => {
    const wrong = { model: 'laminar_flow', data: { q: 0.02 }, fit: { starts: 'many' } } as unknown as Settings;
    const error = await readDataset(file, wrong).catch((caught: unknown) => caught);
    expect(isTwotimeError(error, 'ConfigRefused')).toBe(true);
    expect((error as Error).message).toMatch(
      /settings: .*'data\.gap' is missing[^]*settings: data\.q: .*unit[^]*settings: fit\.starts: /,
    );
    await expect(readDataset(at('two-rings.npz'), settings)).rejects.toMatchObject({ tag: 'InputRefused' });
    await expect(readDataset(at('missing.npz'), settings)).rejects.toMatchObject({ tag: 'InputRefused' });
  });

  it('says that data in memory are fitted here, whatever cluster is named', async () => {
    await using dataset = await readDataset(file, settings);
    await using fitted = await fit(dataset, { ...settings, parallel: { backend: 'slurm' } });
    expect(fitted.result.warnings.filter(({ code }) => code === 'computed-here')).toHaveLength(1);
  });

  it('stops when told, and refuses data that were given back', async () => {
    const dataset = await readDataset(file, settings);
    const stopped = fit(dataset, settings, { signal: AbortSignal.abort('enough') });
    await expect(stopped).rejects.toMatchObject({ tag: 'Cancelled' });
    await dataset[Symbol.asyncDispose]();
    await expect(fit(dataset)).rejects.toMatchObject({ tag: 'InputRefused' });
  });

  it('writes run directories, of one file and of many', async () => {
    const events: string[] = [];
    const record = await fitToRun(file, settings, at('lone'), { progress: ({ kind }) => events.push(kind) });
    expect(JSON.parse(readFileSync(at('lone', 'result.json'), 'utf8'))).toMatchObject({ digest: record.digest });
    expect(events).toContain('stage');
    const names: string[] = [];
    const batch = await fitToRuns([at('two-rings.npz'), file], settings, at('many'), {
      ended: ({ name }) => names.push(name),
    });
    expect(names.toSorted()).toEqual(['A_q0.02', 'two-rings_q0.01', 'two-rings_q0.02']);
    expect(batch.counts).toMatchObject({ submitted: 3, ok: 3 });
    expect(existsSync(at('many', 'summary.html'))).toBe(true);
  });
});
