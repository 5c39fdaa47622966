/** `--backend pbs` on a FAKE PBS, `submit` and `collect`, and what happens where there is no scheduler. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { EventLog } from '../../src/pipeline/event-log.ts';
import { runFit } from '../../src/pipeline/fit-run.ts';
import type { BatchRecord, ResultRecord } from '../../src/results/index.ts';
import { pbs } from '../../src/parallel/engines/batch/index.ts';
import { engineFileOf, writeEngineFile } from '../../src/parallel/engines/batch/engine-file.ts';
import { WorkFolder } from '../../src/parallel/engines/batch/work-folder.ts';
import { RINGS_CONFIG, writeRings } from '../support/batch-files.ts';
import { FakePbs } from '../support/fake-pbs-commands.ts';
import { temporaryFolder, twotime, writeText } from './command.ts';

// Quotes, spaces and what a shell would take for a command.
const folder = join(temporaryFolder(), `it's $(touch oops) "here"`);
mkdirSync(folder);
const at = (name: string): string => join(folder, name);
const config = writeText(folder, 'fit.yaml', RINGS_CONFIG);
const batchOf = (name: string): BatchRecord =>
  JSON.parse(readFileSync(at(`${name}/batch.json`), 'utf8')) as BatchRecord;
const digestsOf = (name: string): (string | undefined)[] => batchOf(name).jobs.map(({ result }) => result?.digest);

beforeAll(async () => {
  await writeRings(at('A.npz'), { q: [0.01, 0.02], frames: 60, D: 5000, seed: 1 });
  await writeRings(at('B.npz'), { q: [0.015], frames: 60, D: 6000, seed: 3 });
});

describe('on a fake PBS', () => {
  let fake: FakePbs;
  const site = ['--backend', 'pbs', '--set', 'parallel.cluster.jobs=2', '--set', 'parallel.cluster.time=10 min'];
  const files = [at('A.npz'), at('B.npz')];
  beforeAll(async () => {
    fake = await FakePbs.open();
  });
  afterAll(async () => {
    const left = await fake.left();
    await fake[Symbol.asyncDispose]();
    if (left.length > 0) throw new Error(`jobs left behind: ${left.join(', ')}`);
  });

  it('a batch gives the bits it gives here, with one array and nothing left behind', async () => {
    writeFileSync(at('bad.npz'), 'not an archive');
    const { code, out } = await twotime('batch', ...files, at('bad.npz'), '-c', config, '-o', at('far'), ...site);
    await twotime('batch', ...files, at('bad.npz'), '-c', config, '-o', at('near'), '--backend', 'local');
    expect(code).toBe(2);
    expect(out).toContain('4 submitted = 3 ok');
    expect(digestsOf('far')).toEqual(digestsOf('near'));
    const failure = batchOf('far').jobs.find(({ status }) => status === 'failed')!;
    expect(failure.reason).toBe(batchOf('near').jobs.find(({ status }) => status === 'failed')!.reason);
    expect(existsSync(at('far/.cluster'))).toBe(false);
    const scripts = await fake.scripts();
    expect(scripts).toHaveLength(1);
    expect(scripts[0]).toContain('#PBS -J 0-1\n#PBS -r y\n#PBS -l select=1:ncpus=1\n#PBS -l walltime=00:10:00\n');
    expect(readdirSync(folder).includes('oops')).toBe(false);
  });

  it('shows the script without submitting it', async () => {
    const { code, out } = await twotime('submit', ...files, '-c', config, '-o', at('shown'), ...site, '--dry-run');
    expect(code).toBe(0);
    expect(out).toMatch(/^#!\/bin\/bash\n#PBS -N tw00000000-1\n/);
    const json = await twotime('submit', ...files, '-c', config, '-o', at('shown'), ...site, '--dry-run', '--json');
    expect(JSON.parse(json.out)).toEqual({ backend: 'pbs', script: out });
    expect(existsSync(at('shown'))).toBe(false);
  });

  it('a submitted batch needs nobody, and is taken up by whoever collects it', async () => {
    const output = at('alone');
    const submitted = await twotime('submit', at('B.npz'), '-c', config, '-o', output, ...site, '--detach');
    expect(submitted.code).toBe(0);
    expect(submitted.err.join('\n')).toContain('one job submitted to PBS');
    const again = await twotime('batch', at('B.npz'), '-c', config, '-o', output);
    expect(again.code).toBe(3);
    expect(again.err.join('\n')).toContain('jobs of a cluster work on this batch; take up what they have done');
    await vi.waitFor(
      async () => {
        expect((await twotime('status', output)).out).not.toContain('jobs of pbs');
      },
      { timeout: 40_000, interval: 500 },
    );
    const collected = await twotime('collect', output);
    expect(collected.code).toBe(0);
    expect(collected.out).toContain('1 submitted = 1 ok');
    expect(existsSync(join(output, '.cluster'))).toBe(false);
  });
});

describe('a run and a fake PBS', () => {
  let fake: FakePbs;
  beforeAll(async () => {
    fake = await FakePbs.open();
    await twotime('fit', at('B.npz'), '-c', config, '-o', at('whole'));
  });
  afterAll(async () => {
    const left = await fake.left();
    const hidden = readdirSync(folder).filter((name) => name.startsWith('.'));
    await fake[Symbol.asyncDispose]();
    if (left.length + hidden.length > 0) throw new Error(`left behind: ${[...left, ...hidden].join(', ')}`);
  });
  const jobs = ['--backend', 'pbs'];
  const digestOf = (name: string): string =>
    (JSON.parse(readFileSync(at(`${name}/result.json`), 'utf8')) as ResultRecord).digest;
  const eventsOf = (name: string): string => readFileSync(at(`${name}/events.ndjson`), 'utf8');
  /** A fit of this machine that is stopped in its second start. */
  const stopped = async (name: string): Promise<void> => {
    const log = new EventLog();
    const stop = new AbortController();
    log.listen((event) => {
      if (event.kind === 'iteration' && event.start === 1) stop.abort('enough');
    });
    const request = { file: at('B.npz'), config: await loadConfig(config), output: at(name), force: false, argv: [] };
    expect((await runFit(request, log, stop.signal)).status).toBe('cancelled');
  };

  it('goes on in a job from where it was stopped here, to the bits of one that was not', async () => {
    await stopped('half');
    const { code, err } = await twotime('resume', at('half'), ...jobs);
    expect(code, err.join('\n')).toBe(0);
    expect(err.join('\n')).toContain('1 job submitted to PBS');
    expect(eventsOf('half')).toMatch(
      /resuming: (?:one|\d+) finished pieces? of the fit (?:is|are) taken from the checkpoint/,
    );
    expect(digestOf('half')).toBe(digestOf('whole'));
    expect((await twotime('resume', at('half'), ...jobs)).err.join('\n')).toContain('there is nothing to resume');
  });

  it('is done from the start in a job where that is wanted', async () => {
    await stopped('anew');
    expect((await twotime('resume', at('anew'), '--from-start', ...jobs)).code).toBe(0);
    expect(eventsOf('anew')).toContain('resuming from the start');
    expect(digestOf('anew')).toBe(digestOf('whole'));
  });

  it('is made again in a job, which is compared', async () => {
    const { code, out, err } = await twotime('rerun', at('whole'), ...jobs);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('the same bits') as string });
    expect(err.join('\n')).toContain('1 job submitted to PBS');
  });

  it('is taken as it is where its driver was killed, and what that left is removed', async () => {
    await twotime('fit', at('B.npz'), '-c', config, '-o', at('orphan'));
    // As a driver leaves it whose job went on after it.
    const work = new WorkFolder(at('.orphan.cluster'));
    await work.make();
    const options = { dialect: pbs, poll: { least: 50, most: 2000 }, token: 'deadbeef', detached: false };
    await writeEngineFile(work, await engineFileOf(options));
    const { code, err } = await twotime('resume', at('orphan'));
    expect(code).toBe(0);
    expect(err.join('\n')).toMatch(/jobs of PBS that an earlier process left are ended\n.*there is nothing to resume/);
    expect(existsSync(work.path)).toBe(false);
  });

  it('replaces one that was there before with --force', async () => {
    await twotime('fit', at('A.npz'), '-c', config, '-o', at('other'), '--set', 'data.q=0.01');
    const { code } = await twotime('fit', at('B.npz'), '-c', config, '-o', at('other'), '--force', ...jobs);
    expect(code).toBe(0);
    expect(digestOf('other')).toBe(digestOf('whole'));
  });
});

describe('where there is no scheduler', () => {
  beforeAll(() => vi.stubEnv('PATH', '/nowhere'));
  afterAll(() => vi.unstubAllEnvs());
  const fit = async (name: string, ...more: string[]) =>
    await twotime('fit', at('B.npz'), '-c', config, '-o', at(name), '--backend', 'slurm', ...more);

  it('a fit warns and runs here', async () => {
    const { code, err } = await fit('here');
    expect(code).toBe(0);
    expect(err.join('\n')).toContain(
      'warning[backend-not-available]: slurm cannot be used (sbatch is not found); local is used instead',
    );
  });

  it('a fit is refused when the user wants that', async () => {
    const { code, err } = await fit('refused', '--set', 'parallel.fallback=error');
    expect(code).toBe(3);
    expect(err.join('\n')).toContain('slurm cannot be used: sbatch is not found; run twotime where sbatch, squeue');
    expect(existsSync(at('refused'))).toBe(false);
  });

  it('what is computed here in any case says so, once', async () => {
    const plan = writeText(
      folder,
      'plan.yaml',
      `model: static
data: { q: 0.01 1/Angstrom }
grid: { frames: 40, dt: 100 ms, phi: [0 deg] }
parameters: { D0: { value: 5000 Angstrom^2/s }, alpha: fixed 0, D_offset: fixed 0 }
scaling: { contrast: 0.2, offset: 1 }
parallel: { backend: slurm }
`,
    );
    await fit('there');
    const frames = ['--vary', 'grid.frames=40,50'];
    for (const [what, argv] of [
      ['simulations', ['simulate', '-c', plan, '-o', at('made.npz'), '--noise', 'speckle:10']],
      ['designs', ['design', '-c', plan, '--speckles', '100', '--photon-noise', '0.01', ...frames]],
      ['rankings', ['compare', at('here'), at('there')]],
    ] as const) {
      const { code, err } = await twotime(...argv);
      expect(code, err.join('\n')).toBe(0);
      const text = `${what} are computed on this machine: parallel.backend: slurm is for runs and batches`;
      expect(err.filter((line) => line.includes('computed-here'))).toEqual([
        expect.stringMatching(new RegExp(`warning\\[computed-here\\]: (?:grid.frames=40: )?${text}$`)),
      ]);
    }
    const local = await twotime('design', '-c', plan, '--speckles', '100', '--set', 'parallel.backend=local');
    expect(local.err.join('\n')).not.toContain('computed-here');
  });

  it('nothing is submitted', async () => {
    const options = ['-c', config, '-o', at('none'), '--detach'];
    expect((await twotime('submit', at('B.npz'), ...options)).err.join('\n')).toContain('add --backend slurm');
    expect((await twotime('submit', at('B.npz'), ...options, '--backend', 'pbs')).code).toBe(3);
    expect(existsSync(at('none'))).toBe(false);
  });
});
