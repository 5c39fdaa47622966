/**
 * Do 95 % intervals hold the truth in 95 % of all cases? Fits simulated speckle and prints, per parameter, the coverage of each
 * kind of error, and the noise amplitudes found.
 *
 *   node bench/coverage.ts [--sets 400] [--dynamics fast|slow|laminar|…] [--contrast 0.2] [--speckles 1000]
 *                          [--noise none|comparable|white|buried] [--frames 150] [--seed 1]
 *
 * `comparable`: photons are counted, so few that their noise is as large as that of speckle. `white`: independent noise only;
 * `buried`: that and speckle beneath it.
 * Every option but `--sets` and `--seed` takes a list separated by commas: all combinations are run.
 */
import { parseArgs } from 'node:util';
import { coverage, coverageTable, type CoverageCase, type CoverageNoise } from './coverage-cases.ts';

const { values } = parseArgs({
  options: {
    sets: { type: 'string', default: '400' },
    dynamics: { type: 'string', default: 'fast,slow' },
    contrast: { type: 'string', default: '0.05,0.2' },
    speckles: { type: 'string', default: '100,1000' },
    noise: { type: 'string', default: 'none,comparable' },
    frames: { type: 'string', default: '150' },
    seed: { type: 'string', default: '1' },
  },
});

const list = (text: string): string[] => text.split(',');
for (const dynamics of list(values.dynamics)) {
  for (const contrast of list(values.contrast)) {
    for (const speckles of list(values.speckles)) {
      for (const noise of list(values.noise)) {
        const one: CoverageCase = {
          dynamics,
          contrast: Number(contrast),
          speckles: Number(speckles),
          noise: noise as CoverageNoise,
          frames: Number(values.frames),
          sets: Number(values.sets),
          seed: Number(values.seed),
        };
        console.log(coverageTable(one, await coverage(one)));
      }
    }
  }
}
