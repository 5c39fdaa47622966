/** Fits with each kind of weights from files: data in memory or put aside, stopped while errors are estimated, and resumed. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { EventLog } from '../../src/pipeline/event-log.ts';
import { runFit } from '../../src/pipeline/fit-run.ts';
import type { ResultRecord } from '../../src/results/index.ts';
import { temporaryFolder, twotime, writeText } from './command.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const data = at('data.h5');
const PARAMETERS = `parameters:
  D0: { value: 19230 Angstrom^2/s }
  alpha: { value: -1.063 }
  D_offset: { value: 879 Angstrom^2/s }
`;
const model = writeText(
  folder,
  'model.yaml',
  `model: static
data: { q: 0.0237 1/Angstrom }
grid: { frames: 60, dt: 100 ms, phi: [0 deg, 30 deg] }
${PARAMETERS}scaling: { contrast: 0.2, offset: 1 }
`,
);
const configOf = (weights: string): string =>
  writeText(
    folder,
    `${weights}.yaml`,
    `model: static\n${PARAMETERS}fit: { starts: 1, weights: ${weights} }\noutput: { figures: false, arrays: false }\n`,
  );
/** Less than the data of one angle, so that they lie in a file. */
const ASIDE = 'parallel.memory=5 kB';

const recordOf = (run: string): ResultRecord =>
  JSON.parse(readFileSync(join(run, 'result.json'), 'utf8')) as ResultRecord;

/** Steps of all descents, from the events of a run. */
const stepsOf = (run: string): number =>
  readFileSync(join(run, 'events.ndjson'), 'utf8').split('"kind":"iteration"').length - 1;

beforeAll(async () => {
  await twotime('simulate', '-c', model, '-o', data, '--noise', 'speckle:500', '--photons', '4');
});

describe.each(['none', 'lag', 'speckle'])('a fit with weights: %s', (weights) => {
  const config = configOf(weights);
  const whole = at(`${weights}-whole`);

  it('has the same result for data in a file, in one thread and in two', async () => {
    expect((await twotime('fit', data, '-c', config, '-o', whole, '-q')).code).toBe(0);
    expect(recordOf(whole).weights).toMatchObject({ used: weights, reason: null });
    for (const workers of ['1', '2']) {
      const run = at(`${weights}-aside-${workers}`);
      const { code } = await twotime('fit', data, '-c', config, '-o', run, '--workers', workers, '-q', '--set', ASIDE);
      expect(code).toBe(0);
      expect(recordOf(run).digest).toBe(recordOf(whole).digest);
    }
  });

  it.each([
    ['in memory', []],
    ['in a file', [ASIDE]],
  ] as const)(
    'stopped while errors are estimated is cancelled, and ends the same when resumed: data %s',
    async (_, set) => {
      const run = at(`${weights}-stopped-${set.length}`);
      let steps = stepsOf(whole);
      const stop = new AbortController();
      const log = new EventLog();
      log.listen((event) => {
        if (event.kind === 'iteration' && --steps === 0) stop.abort('SIGINT');
      });
      const request = { file: data, config: await loadConfig(config, { set }), output: run, force: false, argv: [] };
      const { status, solver: stopped, parameters } = await runFit(request, log, stop.signal);
      expect(status).toBe('cancelled');
      expect(stopped.reason).toBe('stopped on request');
      expect(parameters['D0']!.value).toBe(recordOf(at('none-whole')).parameters['D0']!.value);
      expect(parameters['D0']!.uncertainty).toMatchObject({
        ...{ speckle: null, independent: null, dyadic: null, reason: 'stopped before errors were estimated' },
      });
      expect(existsSync(join(run, 'checkpoint', 'fit.json'))).toBe(true);
      expect((await twotime('resume', run, '-q')).code).toBe(0);
      const { digest, solver } = recordOf(run);
      expect(digest).toBe(recordOf(whole).digest);
      expect(solver).toEqual(recordOf(whole).solver);
    },
  );
});
