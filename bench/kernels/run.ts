/**
 * Bench of the compiled kernels: nanoseconds per point of every sweep, and ratios measured in the same run against the same
 * algorithm in C with 256-bit vectors (rival.c, compiled here) and against a plain sum over the same memory.
 *
 *   npm run bench:kernels [-- N P rounds]        (default 1000 frames, 8 angles, 15 rounds)
 *
 * Rivals take turns within each round; a ratio is the median over rounds of the ratio within the round, so that what else
 * the machine does falls on both.
 */
import { partition, pairsOf } from '../../src/kernels/index.ts';
import { createKernelSweeps, instantiateKernels, KernelMemory, loadKernels } from '../../src/kernels/index.ts';
import type { AdjointSums, AngleScaling, TriangleStack } from '../../src/kernels/index.ts';
import type { Convention, Physics, Sensitivities } from '../../src/model/index.ts';
import { compileRival, type Rival } from './rival.ts';

const [frames = 1000, angles = 8, rounds = 15] = process.argv.slice(2).map(Number);
const points = angles * pairsOf(frames);

const kernels = await loadKernels();
const memory = new KernelMemory();
const data: TriangleStack = { frames, angles, values: memory.float32(points), excluded: new Uint32Array(angles) };
fillLikeRival(data.values);
const sweeps = createKernelSweeps(kernels, memory, data);
const compiled = instantiateKernels(kernels, memory);
const scaling: AngleScaling = {
  contrast: new Float64Array(angles).fill(0.1),
  offset: new Float64Array(angles).fill(1),
  weight: new Float64Array(angles).fill(1),
};
const index = Float64Array.from({ length: frames }, (_, k) => k);
const strain = index.map((k) => 0.01 * k + 1e-6 * k * k);
const shearFactors = Float64Array.from({ length: angles }, (_, a) => 1 - 0.097 * a);

type Mode = 'static' | 'laminar';
type Contestant = { readonly name: string; readonly run: () => Promise<number> };

function physics(pairFunction: Convention, mode: Mode): Physics {
  const still = mode === 'static';
  return {
    pairFunction,
    kappa: 0.001,
    c: index,
    g: still ? null : strain,
    h: still ? new Float64Array(angles) : shearFactors,
  };
}

/** As many parameters as the real modes have: 3, or 7 with phi0. */
function sensitivities(mode: Mode): Sensitivities {
  const vectors = (name: string, base: Float64Array): Sensitivities['c'] =>
    [1, 1.1, 1.2].map((power) => ({ parameter: `${name}${power}`, vector: base.map((x) => x ** power) }));
  if (mode === 'static') return { c: vectors('c', index), g: [], h: [] };
  const h = [{ parameter: 'phi0', vector: shearFactors.map((_, a) => 0.01 * a) }];
  return { c: vectors('c', index), g: vectors('g', strain), h };
}

const contestants: Contestant[] = [
  { name: 'plain sum', run: () => timed(() => compiled.plainSum(data.values.byteOffset, points)) },
];
for (const convention of ['published', 'homodyne2'] as const) {
  for (const mode of ['static', 'laminar'] as const) {
    const at = physics(convention, mode);
    const moving = sensitivities(mode);
    const name = `${convention} ${mode}`;
    contestants.push(
      { name: `${name} sums`, run: () => timed(() => sweeps.sums(at, scaling, {})) },
      { name: `${name} adjoint`, run: () => timed(() => sweeps.adjoint(at, scaling, {})) },
      { name: `${name} slopes`, run: () => timed(() => sweeps.slopes(at, moving, scaling, {})) },
      { name: `${name} normal`, run: () => timed(() => sweeps.normal(at, moving, scaling, {})) },
    );
  }
}
/** As the compiler likes it (products and sums fused where the processor can), and with every operation rounded, as here. */
const rivals = [
  { name: 'C', rival: await compileRival(frames, angles) },
  { name: 'C strict', rival: await compileRival(frames, angles, '-ffp-contract=off') },
];
for (const { name, rival } of rivals) {
  if (rival === null) continue;
  await checkAgreement(rival);
  for (const mode of ['static', 'laminar'] as const) {
    contestants.push({ name: `${name} ${mode} adjoint`, run: async () => (await rival.sweep(mode)).nanoseconds });
  }
}

const times = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
for (let round = -3; round < rounds; round++) {
  for (const { name, run } of contestants) {
    const nanoseconds = await run();
    if (round >= 0) times.get(name)!.push(nanoseconds);
  }
}
for (const { rival } of rivals) rival?.close();
report();

async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return ((performance.now() - start) * 1e6) / points;
}

function report(): void {
  const tiles = partition(frames, angles).length;
  console.log(
    `${frames} frames × ${angles} angles: ${points} points in ${tiles} tiles, ${rounds} rounds, Node ${process.version}`,
  );
  console.log(`${'sweep'.padEnd(28)}  ns/point (fastest)   × plain sum    × C   × C strict   × adjoint   × normal`);
  for (const { name } of contestants) {
    const own = times.get(name)!;
    const adjoint = name.replace(/(sums|slopes|normal)$/, 'adjoint');
    const rivalSweep = /^published (.*adjoint)$/.exec(name)?.[1] ?? '';
    const cells = [
      ratio(own, 'plain sum').padStart(11),
      ratio(own, `C ${rivalSweep}`).padStart(5),
      ratio(own, `C strict ${rivalSweep}`).padStart(10),
      (adjoint === name ? '' : ratio(own, adjoint)).padStart(9),
      (name.endsWith(' slopes') ? ratio(own, name.replace(/slopes$/, 'normal')) : '').padStart(8),
    ];
    const time = `${median(own).toFixed(3).padStart(8)} (${Math.min(...own).toFixed(3)})`;
    console.log(`${name.padEnd(28)}  ${time}   ${cells.join('  ')}`);
  }
  console.log('C: rival.c with 256-bit vectors and -O3 -march=native; C strict: the same and -ffp-contract=off');
  if (rivals[0]!.rival === null) console.log('no C compiler (cc) was found: the comparison with C was left out');
}

/** Median over rounds of own time / other's time. */
function ratio(own: readonly number[], name: string): string {
  const other = times.get(name);
  return other === undefined ? '' : median(own.map((time, k) => time / other[k]!)).toFixed(2);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** The numbers rival.c makes for itself. */
function fillLikeRival(values: Float32Array): void {
  let state = 1;
  for (let k = 0; k < values.length; k++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[k] = 1 + Math.fround((state >>> 8) / 167772160);
  }
}

/** A rival that computes something else would prove nothing. */
async function checkAgreement(other: Rival): Promise<void> {
  for (const mode of ['static', 'laminar'] as const) {
    const own: AdjointSums = await sweeps.adjoint(physics('published', mode), scaling, {});
    const { cost, gradientNorm } = await other.sweep(mode);
    let square = 0;
    for (const vector of [own.c, own.g ?? [], own.h]) for (const value of vector) square += value * value;
    const differences = [Math.abs(own.cost / cost - 1), Math.abs(Math.sqrt(square) / gradientNorm - 1)];
    if (!(Math.max(...differences) < 1e-9))
      throw new Error(`rival.c computes something else: ${mode} ${differences.join(' ')}`);
  }
}
