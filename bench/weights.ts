/**
 * What speckle weights gain, and whether their errors hold, where the noise is that of speckle and where it is not.
 *
 *   node bench/weights.ts [count] [pattern of names]      default: 100, all cases; ^flow: those with shear
 *
 * Prints one row per case for docs/weights.md: how many times smaller the typical error of the estimates is with weights (alpha,
 * and the least of all physical parameters), and the coverage of 95 % intervals over all physical parameters.
 */
import { argv } from 'node:process';
import { fitWithWeights, summariseWeights, WEIGHTS_CASES, type WeightsFit } from './weights-cases.ts';

const count = Number(argv[2] ?? 100);
const cases = WEIGHTS_CASES.filter(({ name }) => new RegExp(argv[3] ?? '').test(name));
if (!Number.isInteger(count) || count < 3 || cases.length === 0) {
  console.error('usage: node bench/weights.ts [count] [pattern of names]');
  process.exit(64);
}

console.log(
  '| case | weights used | error without/with: alpha | least of all | coverage without | with: pooled | least | most |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const one of cases) {
  const fits: WeightsFit[] = [];
  for (let index = 0; index < count; index++) fits.push(await fitWithWeights(one, index));
  const rows = summariseWeights(fits);
  const gain = rows.map(({ distance }) => distance.none / distance.speckle);
  const pooled = (kind: 'none' | 'speckle'): number => {
    const total = rows.reduce((sum, { known }) => sum + known[kind], 0);
    return (
      rows.reduce((sum, { coverage, known }) => sum + (known[kind] === 0 ? 0 : coverage[kind] * known[kind]), 0) / total
    );
  };
  const covers = rows.map(({ coverage }) => coverage.speckle).filter((value) => Number.isFinite(value));
  const used = fits.filter(({ speckle }) => speckle.weights.used === 'speckle').length;
  const cells = [
    one.name,
    `${used} of ${count}`,
    gain[rows.findIndex(({ parameter }) => parameter === 'alpha')]!.toFixed(2),
    Math.min(...gain).toFixed(2),
    pooled('none').toFixed(2),
    pooled('speckle').toFixed(2),
    Math.min(...covers).toFixed(2),
    Math.max(...covers).toFixed(2),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
