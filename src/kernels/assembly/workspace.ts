/**
 * The scratch of one tile, carved out of an arena given by address, so that many workers share one memory.
 *
 * Columns j are taken in groups of two, counted from `base` so that the last group ends with the last frame; the group
 * before the first pair of a row may then hold one column that is no pair of it. Tables hold one vector per group.
 */
import { ADJOINT, NORMAL, SLOPES } from './shapes';
import { Job } from './job';
import { Run } from './run';

/** Groups per block: where S is near or far is decided for blocks of columns. */
export const BLOCK_GROUPS: i32 = 4;
export const LIMIT_BYTES: usize = 32;
/** Rows per decision. */
export const BLOCK_ROWS: i32 = 8;
/** Groups swept at once, so that the tables of a row stay in the first caches. */
export const CHUNK_GROUPS: i32 = 256;
/** Bytes from one table over a chunk to the next; not a power of two, or tables would compete for the same cache lines. */
export const CHUNK_BYTES: usize = (256 + 12) << 4;

/** One angle of the tile: constants, running sums, and its tables. */
@unmanaged
export class Angle {
  /** M-like quantities are computed times `amplitude`, which saves a product per pair: r = scale·(y − offset) − pull·(amplitude·M). */
  amplitude: f64;
  rootAmplitude: f64;
  scale: f64;
  scaledOffset: f64;
  pull: f64;
  /** weight·contrast²/amplitude², the angle's share in the Gauss–Newton matrix. */
  share: f64;
  /** h'/h of the one parameter that acts through h, 0 without. */
  tau: f64;
  inverseH: f64;
  h: f64;
  hh: f64;
  contrast: f64;
  weight: f64;
  /** Sums of this tile: M, M², r, rM, r², and (homodyne2) h-derivative, its products with M and r. */
  m: v128;
  mm: v128;
  r: v128;
  rm: v128;
  rr: v128;
  h0: v128;
  h1: v128;
  h2: v128;
  /** Row sums of the current row: weights of ∂M/∂C, then of ∂M/∂G. */
  row0: v128;
  row1: v128;
  row2: v128;
  row3: v128;
  row4: v128;
  row5: v128;
  /** Σ row sum · (G_i − G_b) of an adjoint sweep, subtracted from the column part of its derivative by h. */
  strainOfRows: f64;
  padding1: f64;
  index: i32;
  padding0: i32;
  /** 1 where pairs may be NaN or `pull` is not 1: the loop without short cuts. */
  general: i32;
  runCount: i32;
  /** Address of the angle's triangle, of its column records, of its runs (end group, shape). */
  values: usize;
  columns: usize;
  runs: usize;
  padding2: usize;
}

@unmanaged
export class Workspace {
  rowStart: i32;
  rowEnd: i32;
  angleStart: i32;
  angleCount: i32;
  /** Column of the first group's first lane: even distance to N, at most rowStart. */
  base: i32;
  groups: i32;
  /** 1 where κΔC varies too much inside the block of rows for one anchor. */
  steep: i32;
  /** Bytes of a column record. */
  columnStride: i32;
  /** Triangle of the first angle, and bytes from angle to angle. */
  values: usize;
  angleBytes: usize;
  /** Per column: e^{−κ(C_j − C_b)}, b the last row; C_j; G_j. */
  decay: usize;
  transport: usize;
  strain: usize;
  /** e^{−κ(C_b − C_i)} per row. */
  rowDecay: usize;
  /** Smallest and largest G_j of each block of columns, then of all blocks from there on. */
  limits: usize;
  /** Per slot (one of the rows swept together) and group: pair records, and E. */
  pairs: usize;
  e: usize;
  /** First values of a row with lanes that are no pairs set to NaN. */
  lead: usize;
  run: usize;
  scratch: usize;
  angles: usize;
  /** Sensitivities relative to the anchor, one table per vector; differences to the current row; pair sums over angles per slot. */
  vectors: usize;
  differences: usize;
  sums: usize;
  hessian: usize;
  end: usize;
}

// @ts-ignore: decorator
@inline
function align(address: usize): usize {
  return (address + 63) & ~63;
}

/** Whether a sweep gets sensitivities. */
// @ts-ignore: decorator
@inline
export function hasVectors(kind: i32): bool {
  return kind == NORMAL || kind == SLOPES;
}

/** Vectors per column record: [S C] of h(G_j − G_b), then adjoint [rM rF] or normal and slopes [M M² rM F MF rF]; only the M without shear. */
export function columnVectors(kind: i32, shear: bool): i32 {
  const weights = kind == ADJOINT ? 1 : hasVectors(kind) ? 3 : 0;
  return shear ? 2 * weights + 2 : weights;
}

/** Sums over angles per pair: M², MF, F², and with the factor of ∂h: MF, F², F². */
export const PAIR_SUMS: usize = 6;
export const SUMS_BYTES: usize = PAIR_SUMS * CHUNK_BYTES;
/** Bytes of the pair records of one row; the longest (homodyne2) has six vectors. */
export const PAIR_BYTES: usize = 6 * CHUNK_BYTES;

/** Lay out the arena for one tile; returns its record. Fields that describe values are filled by prepare.ts. */
export function layOut(job: Job, arena: usize, rowStart: i32, rowEnd: i32, angleStart: i32, angleEnd: i32): Workspace {
  const space = changetype<Workspace>(align(arena));
  space.rowStart = rowStart;
  space.rowEnd = min(rowEnd, job.frames - 1);
  space.angleStart = angleStart;
  space.angleCount = angleEnd - angleStart;
  space.base = rowStart - ((job.frames - rowStart) & 1);
  space.groups = (job.frames - space.base) >> 1;
  space.columnStride = columnVectors(job.kind, job.shear != 0) << 4;
  const table = align(<usize>space.groups << 4);
  const vectors = <usize>(hasVectors(job.kind) ? job.vectorsC + job.vectorsG : <i32>0);
  const parameters = <usize>(job.kind == NORMAL ? job.parameters : <i32>0);
  let top = align(changetype<usize>(space) + offsetof<Workspace>());
  space.angles = top;
  top = align(top + <usize>space.angleCount * offsetof<Angle>());
  space.decay = top;
  top += table;
  space.transport = top;
  top += table;
  space.strain = top;
  top += table;
  space.rowDecay = top;
  top = align(top + (<usize>(rowEnd - rowStart) << 3));
  space.limits = top;
  top = align(top + (<usize>space.groups / BLOCK_GROUPS + 1) * LIMIT_BYTES);
  space.lead = top;
  top = align(top + (<usize>BLOCK_GROUPS << 3));
  space.run = top;
  top = align(top + offsetof<Run>());
  space.scratch = top;
  top += 64;
  const slots = rowsTogether(job.kind);
  space.pairs = top;
  top += slots * PAIR_BYTES;
  space.e = top;
  top += slots * CHUNK_BYTES;
  space.vectors = top;
  top += vectors * table;
  space.differences = top;
  if (job.kind == NORMAL) top += (vectors + 5) * CHUNK_BYTES;
  space.sums = top;
  if (job.kind == NORMAL) top += slots * SUMS_BYTES;
  space.hessian = top;
  top = align(top + (((parameters + 5) * (parameters + 5)) << 4));
  for (let a = 0; a < space.angleCount; a++) {
    const angle = angleAt(space, a);
    angle.columns = top;
    top = align(top + <usize>space.groups * space.columnStride);
    angle.runs = top;
    top = align(top + (((<usize>CHUNK_GROUPS / BLOCK_GROUPS) + 2) << 3));
  }
  space.end = top;
  return space;
}

/**
 * Rows swept together, angle by angle: their values are neighbours in memory, and the angle's column records stay in
 * the first cache. Fewer where every row also needs room for its pair sums.
 */
export function rowsTogether(kind: i32): usize {
  return kind == NORMAL ? 2 : 8;
}

// @ts-ignore: decorator
@inline
export function angleAt(space: Workspace, a: i32): Angle {
  return changetype<Angle>(space.angles + <usize>a * offsetof<Angle>());
}
