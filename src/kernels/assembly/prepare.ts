/**
 * Fill a tile's tables: what depends on one column, one row or one angle, computed once instead of once per pair.
 *
 *   E_ij = e^{−κ(C_j − C_b)}·e^{−κ(C_b − C_i)} with b the last row of the tile, so both factors are ≤ 1 for j ≥ b;
 *   sin and cos of h(G_j − G_b) with b the first row: x = h(G_j − G_i) follows by angle addition, rounded relative to
 *   the strain inside the tile instead of the whole.
 */
import { exponential, storeSinCos } from './elementary';
import { Job } from './job';
import { both, clamp, minus, times } from './lanes';
import { ADJOINT, NORMAL, SHAPE } from './shapes';
import { Angle, angleAt, BLOCK_GROUPS, hasVectors, LIMIT_BYTES, Workspace } from './workspace';

/** Factors of E below e^−150 count as that: products stay clear of denormal numbers, which are slow. */
const LOWEST_EXPONENT: f64 = -150;
/** κΔC inside the rows of a tile up to which one anchor serves pairs inside it too. */
const STEEP_ABOVE: f64 = 16;
/** Amplitudes below this are not folded into M: dividing by them again would overflow. */
const SMALLEST_AMPLITUDE: f64 = 1e-30;

/** E of exponents −κΔC, with the limits of the tables. */
// @ts-ignore: decorator
@inline
export function decayFactor(exponent: v128): v128 {
  return exponential(clamp(exponent, both(LOWEST_EXPONENT), both(STEEP_ABOVE)));
}

// @ts-ignore: decorator
@inline
function column(job: Job, space: Workspace, vector: usize, group: i32): v128 {
  const first = space.base + (group << 1);
  const address = vector + (<usize>max(first, 0) << 3);
  // Before the first frame stands a copy of it; it is a lane of no pair.
  return first < 0 ? v128.load64_splat(address) : v128.load(address);
}

export function prepareColumns(job: Job, space: Workspace): void {
  const anchor = load<f64>(job.c + (<usize>(space.rowEnd - 1) << 3));
  const minusKappa = both(-job.kappa);
  for (let g = 0; g < space.groups; g++) {
    const at = <usize>g << 4;
    const c = column(job, space, job.c, g);
    v128.store(space.transport + at, c);
    v128.store(space.decay + at, decayFactor(times(minusKappa, minus(c, both(anchor)))));
    if (job.shear) v128.store(space.strain + at, column(job, space, job.g, g));
  }
  for (let i = space.rowStart; i < space.rowEnd; i++) {
    const exponent = -job.kappa * (anchor - load<f64>(job.c + (<usize>i << 3)));
    const factor = f64x2.extract_lane(decayFactor(both(exponent)), 0);
    store<f64>(space.rowDecay + (<usize>(i - space.rowStart) << 3), factor);
  }
  space.steep = job.kappa * (anchor - load<f64>(job.c + (<usize>space.rowStart << 3))) > STEEP_ABOVE ? 1 : 0;
  if (job.shear) prepareLimits(space);
}

/** Ranges of G from the last block to the first, each with the range of all blocks from there on. */
function prepareLimits(space: Workspace): void {
  let lowestOfRest = Infinity;
  let highestOfRest = -Infinity;
  const last = (space.groups - 1) / BLOCK_GROUPS;
  for (let block = last; block >= 0; block--) {
    let lowest = Infinity;
    let highest = -Infinity;
    const end = min((block + 1) * BLOCK_GROUPS, space.groups);
    for (let k = (block * BLOCK_GROUPS) << 1; k < end << 1; k++) {
      const g = load<f64>(space.strain + (<usize>k << 3));
      lowest = min(lowest, g);
      highest = max(highest, g);
    }
    lowestOfRest = min(lowestOfRest, lowest);
    highestOfRest = max(highestOfRest, highest);
    const at = space.limits + <usize>block * LIMIT_BYTES;
    store<f64>(at, lowest);
    store<f64>(at, highest, 8);
    store<f64>(at, lowestOfRest, 16);
    store<f64>(at, highestOfRest, 24);
  }
}

/** Constants and cleared sums of every angle, and its sines and cosines. */
export function prepareAngles(job: Job, space: Workspace): void {
  for (let a = 0; a < space.angleCount; a++) {
    const angle = angleAt(space, a);
    const columns = angle.columns;
    const runs = angle.runs;
    memory.fill(changetype<usize>(angle), 0, offsetof<Angle>());
    angle.columns = columns;
    angle.runs = runs;
    const index = space.angleStart + a;
    const at = <usize>index << 3;
    angle.index = index;
    angle.values = space.values + <usize>a * space.angleBytes;
    angle.general = load<u32>(job.excluded + (<usize>index << 2)) > 0 ? 1 : 0;
    angle.h = load<f64>(job.h + at);
    angle.hh = angle.h * angle.h;
    angle.inverseH = 1 / angle.h;
    prepareScaling(job, angle, load<f64>(job.contrast + at), load<f64>(job.offset + at), load<f64>(job.weight + at));
    if (hasVectors(job.kind) && job.vectorsH > 0) {
      // At h = 0 every derivative by h vanishes; h so small that h² does is the same.
      angle.tau = angle.hh > 0 ? load<f64>(job.angleVectors + at) / angle.h : 0;
    }
    if (job.kind == ADJOINT || hasVectors(job.kind)) {
      memory.fill(columns, 0, <usize>space.groups * space.columnStride);
    }
    if (job.shear) prepareSinesAndCosines(job, space, angle);
  }
}

function prepareScaling(job: Job, angle: Angle, contrast: f64, offset: f64, weight: f64): void {
  const root = job.kind == NORMAL ? sqrt(weight) : 1.0;
  const amplitude = job.kind == SHAPE ? 1.0 : root * contrast;
  angle.contrast = contrast;
  angle.weight = weight;
  if (job.convention == 0 && root > SMALLEST_AMPLITUDE && amplitude > SMALLEST_AMPLITUDE) {
    angle.amplitude = amplitude;
    angle.scale = root;
    angle.pull = 1;
    angle.share = 1;
  } else {
    angle.general = 1;
    angle.amplitude = 1;
    angle.scale = 1;
    angle.pull = contrast;
    angle.share = weight * contrast * contrast;
  }
  angle.rootAmplitude = sqrt(angle.amplitude);
  angle.scaledOffset = offset * angle.scale;
}

function prepareSinesAndCosines(job: Job, space: Workspace, angle: Angle): void {
  const anchor = both(load<f64>(job.g + (<usize>space.rowStart << 3)));
  const h = both(angle.h);
  const stride = <usize>space.columnStride;
  let record = angle.columns;
  for (let g = 0; g < space.groups; g++, record += stride) {
    v128.store(record, times(h, minus(v128.load(space.strain + (<usize>g << 4)), anchor)));
    storeSinCos(record, record, record + 16);
  }
}
