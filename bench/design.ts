/**
 * Does `twotime design` predict the errors that fits will have? Fits simulated speckle and prints, per parameter, the error
 * predicted without data, the scatter of the estimates and the median error of the fits.
 *
 *   node bench/design.ts [--sets 100] [--dynamics fast|slow|laminar|…] [--contrast 0.2] [--speckles 1000]
 *                        [--noise none|comparable] [--frames 150] [--seed 1]
 */
import { parseArgs } from 'node:util';
import { compareWithFits } from './design-cases.ts';

const { values } = parseArgs({
  options: {
    sets: { type: 'string', default: '100' },
    dynamics: { type: 'string', default: 'fast' },
    contrast: { type: 'string', default: '0.2' },
    speckles: { type: 'string', default: '1000' },
    noise: { type: 'string', default: 'none,comparable' },
    frames: { type: 'string', default: '150' },
    seed: { type: 'string', default: '1' },
  },
});

for (const dynamics of values.dynamics.split(',')) {
  for (const noise of values.noise.split(',')) {
    const rows = await compareWithFits({
      dynamics,
      contrast: Number(values.contrast),
      speckles: Number(values.speckles),
      noise: noise === 'comparable' ? 'comparable' : 'none',
      frames: Number(values.frames),
      sets: Number(values.sets),
      seed: Number(values.seed),
    });
    const cell = (value: number | null): string => (value === null ? '-' : value.toPrecision(3)).padStart(11);
    console.log(`${dynamics}, photon noise ${noise}: ${values.sets} sets`);
    console.log('                     predicted    scatter  ratio     fitted | independent: predicted, fitted');
    for (const { name, predicted, scatter, fitted, nearDegenerate } of rows) {
      const ratio = predicted.speckle === null ? '-' : (predicted.speckle / scatter).toFixed(2);
      console.log(
        `${name.padEnd(19)}${cell(predicted.speckle)}${cell(scatter)}  ${ratio.padStart(5)}${cell(fitted.speckle)} | ` +
          `${cell(predicted.independent)}${cell(fitted.independent)}${nearDegenerate ? '  near-degenerate' : ''}`,
      );
    }
  }
}
