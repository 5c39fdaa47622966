/** Runs that are stopped or killed, and what becomes of them. */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { EventLog } from '../../src/pipeline/event-log.ts';
import { runFit } from '../../src/pipeline/fit-run.ts';
import type { ResultRecord } from '../../src/results/index.ts';
import { temporaryFolder, twotime, writeText, type CommandResult } from './command.ts';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const data = at('data.h5');
copyFileSync('examples/laminar-flow/laminar-flow.h5', data);
const configOf = (name: string, frames: number, starts: number, more = ''): string =>
  writeText(
    folder,
    name,
    `model: laminar_flow\nconvention: homodyne2\ndata: { gap: 200 um, frames: 1..${frames} }\nfit: { starts: ${starts} }\n${more}`,
  );
/** More work than a test waits for, a second or two of it, and a moment. */
const endlessConfig = configOf('endless.yaml', 200, 5000);
const longConfig = configOf('long.yaml', 100, 24);
const shortConfig = configOf('short.yaml', 40, 8, 'output: { figures: false }\n');

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const recordOf = (run: string): ResultRecord =>
  JSON.parse(readFileSync(join(run, 'result.json'), 'utf8')) as ResultRecord;

const filesOf = (run: string): string[] => readdirSync(run, { recursive: true, encoding: 'utf8' }).sort();

/** A run has to have the files and numbers of one that went through in one go; times and memory are its own. */
function expectLike(run: string, whole: string): void {
  const numbers = ({ timings: _timings, resources: _resources, ...rest }: ResultRecord): object => rest;
  expect(numbers(recordOf(run))).toEqual(numbers(recordOf(whole)));
  expect(filesOf(run)).toEqual(filesOf(whole));
  const figures = filesOf(run).filter((name) => /(?:rates|convergence|maps)\.svg$|maps\.png$/.test(name));
  for (const name of figures) {
    expect(readFileSync(join(run, name)).equals(readFileSync(join(whole, name))), name).toBe(true);
  }
}

const hasPieces = (run: string): boolean => {
  const file = join(run, 'checkpoint', 'fit.json');
  return existsSync(file) && readFileSync(file, 'utf8').includes('"points"');
};

describe('a process', () => {
  interface Ended {
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
    readonly err: string;
  }

  interface Started {
    readonly child: ChildProcess;
    readonly ended: Promise<Ended>;
  }

  function start(...args: string[]): Started {
    const child = spawn(process.execPath, ['bin/twotime', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    return {
      child,
      ended: new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, err }))),
    };
  }

  const startFit = (config: string, run: string): Started => start('fit', data, '-c', config, '-o', run, '-q');

  /** Wait until something holds or the process has ended. */
  async function until({ child }: Started, holds: () => boolean): Promise<void> {
    while (!holds() && child.exitCode === null) await sleep(5);
  }

  const isAtWork = ({ child }: Started, run: string): boolean =>
    existsSync(run) &&
    readdirSync(run)
      .filter((name) => name.startsWith('run.lock'))
      .some((name) => readFileSync(join(run, name), 'utf8').includes(`"pid":${child.pid},`));

  const whole = at('whole');
  const stopped = at('stopped');
  /** What others were told while the first one was at work. */
  let others: CommandResult[];
  let stop: Ended & { seconds: number };

  beforeAll(async () => {
    const fit = startFit(endlessConfig, stopped);
    await until(fit, () => hasPieces(stopped));
    others = [
      await twotime('resume', stopped),
      await twotime('fit', data, '-c', shortConfig, '-o', stopped, '--force'),
    ];
    const sent = performance.now();
    fit.child.kill('SIGINT');
    const ended = await fit.ended;
    stop = { ...ended, seconds: (performance.now() - sent) / 1000 };
    await startFit(longConfig, whole).ended;
  }, 60_000);

  it('stopped by Ctrl-C ends with code 130 at once, and says how to go on', () => {
    expect(stop.code).toBe(130);
    expect(stop.err).toContain(`go on with: twotime resume ${stopped}`);
    // A tenth of this where nothing else runs; test machines are busy.
    expect(stop.seconds).toBeLessThan(4);
  });

  it('stopped by Ctrl-C leaves the best point so far and a checkpoint, unlocked', () => {
    const { status, warnings } = recordOf(stopped);
    expect(status).toBe('cancelled');
    expect(warnings.map(({ code }) => code)).toContain('stopped');
    expect(filesOf(stopped)).toEqual([
      'checkpoint',
      'checkpoint/fit.json',
      'checkpoint/request.json',
      'config.yaml',
      'events.ndjson',
      'fit.npz',
      'parameters.csv',
      'provenance.json',
      'report.txt',
      'result.json',
    ]);
  });

  it('keeps others from resuming or replacing its run: one line says who works there', () => {
    for (const { code, err } of others) {
      expect(code).toBe(3);
      expect(err).toEqual([
        expect.stringMatching(
          /stopped: process \d+ on this machine works on this run since .*; wait until it has ended/,
        ),
      ]);
    }
  });

  it('killed or stopped at one instant after the other still comes to the same result', async () => {
    const run = at('killed');
    const first = startFit(longConfig, run);
    await until(first, () => existsSync(run));
    first.child.kill('SIGKILL');
    await first.ended;
    expect(existsSync(join(run, 'run.lock'))).toBe(true);
    let kills = 0;
    // Instants without a pattern, but the same in every test.
    for (const milliseconds of [30, 310, 120, 490, 70]) {
      const process = start('resume', run, '-q');
      await until(process, () => isAtWork(process, run));
      await sleep(milliseconds);
      process.child.kill(milliseconds === 120 ? 'SIGINT' : 'SIGKILL');
      if ((await process.ended).signal === 'SIGKILL') kills++;
    }
    expect(kills).toBeGreaterThan(1);
    const late = start('resume', run, '-q');
    await until(late, () => existsSync(join(run, 'plots')));
    late.child.kill('SIGKILL');
    await late.ended;
    expect(existsSync(join(run, 'plots'))).toBe(true);
    writeFileSync(join(run, '.fit.npz.1234.tmp'), 'half a file of a process that was killed');
    const { code, err } = await start('resume', run).ended;
    expect(code).toBe(0);
    expect(err).toMatch(/the lock of process \d+ on this machine, which is gone, was taken over/);
    expectLike(run, whole);
  });
});

interface LoggedEvent {
  readonly seq: number;
  readonly text?: string;
}

function eventsOf(run: string): LoggedEvent[] {
  const lines = readFileSync(join(run, 'events.ndjson'), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as LoggedEvent);
}

function provenanceOf(run: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(run, 'provenance.json'), 'utf8')) as Record<string, unknown>;
}

describe('twotime resume', () => {
  const whole = at('short-whole');
  const stopped = at('short-stopped');

  /** A copy of the stopped run. */
  function copyOfStopped(name: string): string {
    cpSync(stopped, at(name), { recursive: true });
    return at(name);
  }

  beforeAll(async () => {
    await twotime('fit', data, '-c', shortConfig, '-o', whole);
    // Stopped at its first step, whatever the machine is busy with.
    const stop = new AbortController();
    const log = new EventLog();
    log.listen((event) => {
      if (event.kind === 'iteration' && event.level !== 'scan') stop.abort('SIGTERM');
    });
    const request = { file: data, config: await loadConfig(shortConfig), output: stopped, force: false, argv: [] };
    await runFit(request, log, stop.signal);
  });

  it('comes to the result of a run that never was stopped, and tells the whole story', async () => {
    expect(recordOf(stopped).status).toBe('cancelled');
    const run = copyOfStopped('resumed');
    const { code, err } = await twotime('resume', run);
    expect(code).toBe(0);
    expect(err.join('\n')).toMatch(/resuming: .* of the fit (?:is|are) taken from the checkpoint/);
    expectLike(run, whole);
    const [before, events] = [eventsOf(stopped), eventsOf(run)];
    expect(events.slice(0, before.length)).toEqual(before);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, k) => k));
    expect(events[before.length]!.text).toMatch(/^resuming/);
    const { started } = provenanceOf(stopped);
    expect(provenanceOf(run)).toMatchObject({ started, resumed: expect.any(String) as unknown });
    expect(provenanceOf(whole)).toMatchObject({ resumed: null });
  });

  it('leaves a run that has ended as it is', async () => {
    const times = (): number[] => ['', ...filesOf(whole)].map((name) => statSync(join(whole, name)).mtimeMs);
    const before = times();
    const { code, out, err } = await twotime('resume', whole, '--json');
    expect(code).toBe(0);
    expect(err).toEqual([`${whole}: the run has ended (converged); there is nothing to resume`]);
    expect(out).toBe(readFileSync(join(whole, 'result.json'), 'utf8'));
    expect(times()).toEqual(before);
  });

  it('finds an input that was moved when told where', async () => {
    const run = copyOfStopped('moved');
    renameSync(data, at('moved.h5'));
    try {
      const refused = await twotime('resume', run);
      expect(refused.code).toBe(3);
      expect(refused.err.at(-1)).toMatch(/data\.h5: the input of the run is no longer there; .*--input/);
      const { code, out } = await twotime('resume', run, '--input', at('moved.h5'), '--workers', '1', '--json');
      expect(code).toBe(0);
      expect(out).toBe(readFileSync(join(run, 'result.json'), 'utf8'));
      expect(recordOf(run).digest).toBe(recordOf(whole).digest);
    } finally {
      renameSync(at('moved.h5'), data);
    }
  });

  it('refuses a damaged checkpoint, and does all the work again when told to', async () => {
    const run = copyOfStopped('damaged');
    const file = join(run, 'checkpoint', 'fit.json');
    const text = readFileSync(file, 'utf8');
    const damages = [
      text.replace(/"theta":\[(\d)/, (_all, digit) => `"theta":[${9 - Number(digit)}`),
      text.slice(0, text.length / 2),
      '',
      '{}',
    ];
    for (const damage of damages) {
      writeFileSync(file, damage);
      const { code, err } = await twotime('resume', run);
      expect(code).toBe(3);
      expect(err.at(-1)).toMatch(/checkpoint\/fit\.json: the checkpoint is damaged: .*; add --from-start/);
    }
    expect(recordOf(run).status).toBe('cancelled');
    expect((await twotime('resume', run, '--from-start', '-q')).code).toBe(0);
    expectLike(run, whole);
  });

  it('refuses data, a configuration or a program that are not those the run began with', async () => {
    const run = copyOfStopped('changed');
    const other = at('other.npz');
    const model = writeText(
      folder,
      'model.yaml',
      'model: static\ndata: { q: 0.0054 1/Angstrom }\ngrid: { frames: 50, dt: 1 s, phi: [0 deg, 90 deg] }\n' +
        'parameters: { D0: { value: 1e4 Angstrom^2/s }, alpha: fixed 0, D_offset: fixed 0 }\n' +
        'scaling: { contrast: 0.3, offset: 1 }\n',
    );
    expect((await twotime('simulate', '-c', model, '-o', other)).code).toBe(0);
    const lastLine = async (...more: string[]): Promise<string> => {
      const { code, err } = await twotime('resume', run, ...more);
      expect(code).toBe(3);
      return err.at(-1)!;
    };
    expect(await lastLine('--input', other)).toMatch(
      /other\.npz: the data are not those the run began with; put back the file .*--input/,
    );

    const request = join(run, 'checkpoint', 'request.json');
    const asked = readFileSync(request, 'utf8');
    writeFileSync(request, asked.replace(/"kernels": "\w+"/, '"kernels": "0123456789abcdef"'));
    expect(await lastLine()).toMatch(/begun by twotime .* \(kernels 0123456789ab\), and this is .*--from-start/);
    writeFileSync(request, asked.slice(0, 100));
    expect(await lastLine()).toMatch(/request\.json:\d+:\d+: the file is not valid JSON/);
    writeFileSync(request, asked);

    const config = join(run, 'config.yaml');
    writeFileSync(config, readFileSync(config, 'utf8').replace('starts: 8', 'starts: 9'));
    expect(await lastLine()).toMatch(/config\.yaml: the configuration of the run was changed after it began; undo/);
    expect(recordOf(run).status).toBe('cancelled');
    expect(existsSync(join(run, 'run.lock'))).toBe(false);
  });

  it('refuses what is not a run', async () => {
    mkdirSync(at('empty'));
    for (const [name, message] of [
      ['nowhere', 'there is no such run; name the folder'],
      ['short.yaml', 'this is a file, not a run; name the folder'],
      ['empty', 'this folder is not a run; name the folder'],
    ] as const) {
      const { code, err } = await twotime('resume', at(name));
      expect(code).toBe(3);
      expect(err).toEqual([expect.stringContaining(`${at(name)}: ${message}`)]);
    }
    expect(readdirSync(at('empty'))).toEqual([]);
  });

  it('that cannot write a file names it, and leaves a run that can be resumed', async () => {
    const run = copyOfStopped('blocked');
    rmSync(join(run, 'report.txt'));
    mkdirSync(join(run, 'report.txt', 'inside'), { recursive: true });
    const { code, err } = await twotime('resume', run, '-q');
    expect(code).toBe(1);
    expect(err.at(-1)).toMatch(/blocked\/report\.txt: the file cannot be written: a folder is in its place/);
    expect(recordOf(run).status).toBe('cancelled');
    rmSync(join(run, 'report.txt'), { recursive: true });
    expect((await twotime('resume', run, '-q')).code).toBe(0);
    expectLike(run, whole);
  });
});

describe('a run that is stopped while its files are written', () => {
  it('breaks off at once with its numbers, and is finished by a resume', async () => {
    const [run, whole] = [at('late'), at('late-whole')];
    const config = configOf('late.yaml', 40, 4);
    await twotime('fit', data, '-c', config, '-o', whole);
    const stop = new AbortController();
    const log = new EventLog();
    log.listen((event) => {
      if (event.kind === 'stage' && event.stage === 'write' && event.state === 'start')
        setTimeout(() => stop.abort('SIGINT'));
    });
    const request = { file: data, config: await loadConfig(config), output: run, force: false, argv: [] };
    const record = await runFit(request, log, stop.signal);
    expect(record.status).toBe('cancelled');
    expect(record.digest).toBe(recordOf(whole).digest);
    expect(filesOf(run)).toEqual(expect.arrayContaining(['checkpoint/fit.json', 'fit.npz', 'result.json']));
    expect(filesOf(run)).not.toContain('plots');
    expect((await twotime('resume', run, '-q')).code).toBe(0);
    expectLike(run, whole);
  });
});

describe('twotime fit', () => {
  it('says how to go on with a stopped run instead of writing over it, and replaces it when forced', async () => {
    const run = at('again');
    cpSync(at('short-stopped'), run, { recursive: true });
    const refused = await twotime('fit', data, '-c', shortConfig, '-o', run);
    expect(refused.code).toBe(3);
    expect(refused.err).toEqual([expect.stringContaining(`go on with this run by twotime resume ${run}`)]);
    expect((await twotime('fit', data, '-c', shortConfig, '-o', run, '--force')).code).toBe(0);
    expectLike(run, at('short-whole'));
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});
