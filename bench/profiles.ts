/**
 * Do profile-likelihood intervals hold the truth as often as they say? Beside them the symmetric intervals of the speckle
 * standard error, for the same fits.
 *
 *   node bench/profiles.ts [--sets 200] [--dynamics fast,slow,…] [--contrast 0.2] [--speckles 1000]
 *                          [--noise none|comparable|white] [--frames 150] [--weights none|speckle] [--seed 1]
 */
import { parseArgs } from 'node:util';
import type { CoverageCase, CoverageNoise } from './coverage-cases.ts';
import { profileCoverage } from './profile-cases.ts';

const { values } = parseArgs({
  options: {
    sets: { type: 'string', default: '200' },
    dynamics: { type: 'string', default: 'fast,slow,constant' },
    contrast: { type: 'string', default: '0.2' },
    speckles: { type: 'string', default: '1000' },
    noise: { type: 'string', default: 'comparable' },
    frames: { type: 'string', default: '150' },
    weights: { type: 'string', default: 'none' },
    seed: { type: 'string', default: '1' },
  },
});

const share = (part: number, all: number): string => (all === 0 ? '-' : (part / all).toFixed(3)).padStart(6);
for (const dynamics of values.dynamics.split(',')) {
  const one: CoverageCase = {
    dynamics,
    contrast: Number(values.contrast),
    speckles: Number(values.speckles),
    noise: values.noise as CoverageNoise,
    frames: Number(values.frames),
    sets: Number(values.sets),
    seed: Number(values.seed),
  };
  const { rows, seconds, sweeps, lower } = await profileCoverage(one, values.weights as 'none' | 'speckle');
  console.log(
    `${dynamics}, ${one.frames} frames, contrast ${one.contrast}, M ${one.speckles}, photon noise ${one.noise}, weights ` +
      `${values.weights}: ${one.sets} sets, ${sweeps.toFixed(0)} passes per fit, ${lower} with a lower minimum, ${seconds.toFixed(0)} s`,
  );
  console.log(
    '  parameter            level  symmetric (sets)   profile (sets)  below  above  closed   skew  marked (sets)',
  );
  for (const row of rows) {
    const { name, level, symmetric, sets, hold, below, above, closed, skew, marked } = row;
    console.log(
      `  ${name.padEnd(20)} ${level.toFixed(4)} ${share(symmetric.hold, symmetric.known)} (${symmetric.known})` +
        `${share(hold, sets).padStart(16)} (${sets}) ${share(below, sets)} ${share(above, sets)} ${share(closed, sets)}` +
        `  ${skew.toFixed(2).padStart(5)} ${share(marked.hold, marked.sets)} (${marked.sets})`,
    );
  }
}
