/**
 * What weights gain, and whether their errors hold, where the noise is that of speckle and where it is not.
 *
 *   node bench/weights.ts [count] [pattern of names] [speckle | lag]      default: 100, all cases, speckle; ^flow: those with shear
 *
 * Prints one row per case for docs/weights.md: how many times smaller the typical error of the estimates is with weights (alpha,
 * and the least of all physical parameters), and the coverage of 95 % intervals over all physical parameters.
 */
import { argv } from 'node:process';
import { fitWithWeights, summariseWeights, WEIGHTS_CASES, type WeightsFit } from './weights-cases.ts';

const count = Number(argv[2] ?? 100);
const cases = WEIGHTS_CASES.filter(({ name }) => new RegExp(argv[3] ?? '').test(name));
const weights = argv[4] ?? 'speckle';
if (!Number.isInteger(count) || count < 3 || cases.length === 0 || (weights !== 'speckle' && weights !== 'lag')) {
  console.error('usage: node bench/weights.ts [count] [pattern of names] [speckle | lag]');
  process.exit(64);
}

console.log(
  '| case | weights used | error without/with: alpha | least of all | coverage without | with: pooled | least | most |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const one of cases) {
  const fits: WeightsFit[] = [];
  for (let index = 0; index < count; index++) fits.push(await fitWithWeights(one, index, weights));
  const rows = summariseWeights(fits);
  const gain = rows.map(({ distance }) => distance.none / distance.weighted);
  const pooled = (kind: 'none' | 'weighted'): number => {
    const total = rows.reduce((sum, { known }) => sum + known[kind], 0);
    return (
      rows.reduce((sum, { coverage, known }) => sum + (known[kind] === 0 ? 0 : coverage[kind] * known[kind]), 0) / total
    );
  };
  const covers = rows.map(({ coverage }) => coverage.weighted).filter((value) => Number.isFinite(value));
  const used = fits.filter(({ weighted }) => weighted.weights.used === weights).length;
  const cells = [
    one.name,
    `${used} of ${count}`,
    gain[rows.findIndex(({ parameter }) => parameter === 'alpha')]!.toFixed(2),
    Math.min(...gain).toFixed(2),
    pooled('none').toFixed(2),
    pooled('weighted').toFixed(2),
    Math.min(...covers).toFixed(2),
    Math.max(...covers).toFixed(2),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
