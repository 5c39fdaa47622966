/** One fit over several jobs of a FAKE PBS: when it goes in rounds, what it says of that, and that the bits are the same. */
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFitAnywhere } from '../../src/pipeline/cluster/run-on-cluster.ts';
import { askForRounds, type RoundsRule } from '../../src/pipeline/cluster/fit-in-rounds.ts';
import { isWorthRounds, planRounds } from '../../src/pipeline/cluster/rounds-rule.ts';
import { EventLog } from '../../src/pipeline/event-log.ts';
import { runFit } from '../../src/pipeline/fit-run.ts';
import { resumeFit } from '../../src/pipeline/resume-run.ts';
import { configOf } from '../config/read.ts';
import { RINGS_CONFIG, writeRings } from '../support/batch-files.ts';
import { FakePbs } from '../support/fake-pbs-commands.ts';

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'twotime-rounds-'));
const at = (name: string): string => join(folder, name);
/** So that small data are tried in rounds. */
const dear = { perPoint: 1e6, round: 1 };

function requestOf(output: string, set = '') {
  const cluster = 'parallel: { backend: pbs, workers: 1, cluster: { jobs: 2, time: 10 min } }\n';
  const config = configOf(`${RINGS_CONFIG}${cluster}`, set === '' ? [] : [set]);
  return { file: at('A.npz'), config, output: at(output), force: false, argv: [] };
}

interface Asked {
  readonly signal?: AbortSignal;
  /** Called at every step of the fit. */
  readonly step?: () => void;
}

/** The result, what is told here, and the events of the run. */
async function fitOnJobs(output: string, rule: RoundsRule, { signal, step }: Asked = {}) {
  const log = new EventLog();
  const told: string[] = [];
  log.listen((event) => {
    if (event.kind === 'iteration') step?.();
    if (event.kind === 'log') told.push(event.text);
  });
  const record = await runFitAnywhere(requestOf(output), log, signal ?? new AbortController().signal, rule);
  return { record, told, events: readFileSync(at(`${output}/events.ndjson`), 'utf8') };
}

describe('a fit over several jobs', () => {
  let fake: FakePbs;
  let here = '';
  beforeAll(async () => {
    await writeRings(at('A.npz'), { q: [0.01], frames: 200, D: 5000, seed: 1 });
    const local = configOf(`${RINGS_CONFIG}parallel: { backend: local, workers: 1 }`);
    const request = { ...requestOf('here'), config: local };
    here = (await runFit(request, new EventLog(), new AbortController().signal)).digest;
    fake = await FakePbs.open();
  });
  afterAll(async () => {
    const left = await fake.left();
    const hidden = readdirSync(folder).filter((name) => name.startsWith('.'));
    await fake[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
    if (left.length + hidden.length > 0) throw new Error(`left behind: ${[...left, ...hidden].join(', ')}`);
  });

  it('goes in rounds where that is worth it, with the bits of one process, and says why', async () => {
    const { record, told, events } = await fitOnJobs('rounds', { costs: dear, isWorth: () => true });
    expect(record.digest).toBe(here);
    const facts = [
      /^up to 2 jobs may share each pass: a pass over 39800 points takes about 39800 ms on one core, a round 1.0 ms on top$/,
      /^2 of 2 jobs are there, a round in which nothing is computed takes [\d.]+ ms: 2 jobs are tried$/,
      /^the fit goes in rounds: a pass takes [\d.]+ ms in 2 jobs of one core, and their parts one after the other [\d.]+ ms$/,
    ];
    for (const fact of facts) expect(told).toContainEqual(expect.stringMatching(fact));
    for (const text of told.filter((one) => facts.some((fact) => fact.test(one)))) expect(events).toContain(text);
  });

  it('leaves a checkpoint when it is stopped, from which it is finished here', async () => {
    const stop = new AbortController();
    let steps = 0;
    const step = (): void => void (++steps === 8 && stop.abort('enough'));
    const { record } = await fitOnJobs('stopped', { costs: dear, isWorth: () => true }, { signal: stop.signal, step });
    expect(record.status).toBe('cancelled');
    const request = { directory: at('stopped'), input: null, set: [], fromStart: false };
    const resumed = await resumeFit(request, new EventLog(), new AbortController().signal);
    expect(resumed).toMatchObject({ kind: 'resumed', record: { digest: here } });
  });

  it('leaves nothing when it is stopped while jobs are waited for', async () => {
    const stop = new AbortController();
    const log = new EventLog();
    log.listen((event) => void (event.kind === 'log' && event.text.includes('submitted') && stop.abort('enough')));
    const work = runFitAnywhere(requestOf('early'), log, stop.signal, { costs: dear });
    await expect(work).rejects.toMatchObject({ tag: 'Cancelled' });
    expect(readdirSync(folder).filter((name) => name.includes('early'))).toEqual([]);
  });

  it('is one job after rounds were tried and not worth it', async () => {
    const { record, told, events } = await fitOnJobs('tried', { costs: dear, isWorth: () => false });
    expect(record.digest).toBe(here);
    const found = told.filter((text) => text.startsWith('the fit is one job: a pass takes '));
    expect(found).toHaveLength(1);
    expect(events).toContain(found[0]);
    // In a job that was there for the rounds.
    expect(await fake.scripts()).toHaveLength(4);
  });

  it('is one job where a pass is too quick for rounds, for one job, or without chunks; then nothing is tried', async () => {
    const told: string[] = [];
    const ask = async (more = '', costs = dear) =>
      await askForRounds(requestOf('none', more), { costs }, (text) => told.push(text));
    expect(await ask('', { perPoint: 10, round: 15 })).toBeNull();
    expect(told).toEqual([
      'the fit is one job: a pass over 39800 points takes about 0.4 ms on one core; rounds over several jobs are tried from 1000 ms on',
    ]);
    expect(await ask()).toMatchObject({ points: 39800, most: 2 });
    expect(await ask('parallel.cluster.jobs=1')).toBeNull();
    expect(await ask('parallel.chunks=false')).toBeNull();
    expect(told).toHaveLength(2);
  });
});

describe('the rule of rounds', () => {
  const costs = { perPoint: 10, round: 20 };
  it('has as many jobs as compute for at least the time of a round each, where a pass takes a while', () => {
    expect(planRounds({ points: 2e8, cores: 2, jobs: 100 }, costs)).toEqual({ jobs: 50, pass: 1000 });
    expect(planRounds({ points: 2e8, cores: 2, jobs: 8 }, costs)).toEqual({ jobs: 8, pass: 1000 });
    expect(planRounds({ points: 2e8, cores: 2, jobs: 8 }, { ...costs, round: 600 })).toEqual({ jobs: 1, pass: 1000 });
    expect(planRounds({ points: 2e8, cores: 4, jobs: 8 }, costs)).toEqual({ jobs: 1, pass: 500 });
  });

  it('wants a quarter less time', () => {
    expect(isWorthRounds(300, 400)).toBe(true);
    expect(isWorthRounds(301, 400)).toBe(false);
  });
});
