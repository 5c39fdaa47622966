/**
 * What a sweep is given, as one record in the shared memory; `src/kernels/job-record.ts` writes it field by field.
 *
 * Many workers may read one record at the same time; kernels never change it.
 */
@unmanaged
export class Job {
  /** N and P. */
  frames: i32;
  angles: i32;
  /** 0 sums, 1 adjoint, 2 normal, 3 shape, 4 slopes; see shapes.ts. */
  kind: i32;
  /** 0 published, 1 homodyne2. */
  convention: i32;
  /** 0 where S = 1. */
  shear: i32;
  /** Number of sensitivities of C, G and h. */
  vectorsC: i32;
  vectorsG: i32;
  vectorsH: i32;
  /** Address of uint32 excluded pairs per angle. */
  excluded: usize;
  /** Addresses of float64 vectors: C and G (N); h, contrast, offset, weight (P). */
  c: usize;
  g: usize;
  h: usize;
  contrast: usize;
  offset: usize;
  weight: usize;
  /** Addresses of the sensitivities: those of C then those of G, each (N); those of h, each (P). */
  vectors: usize;
  angleVectors: usize;
  /** Layout of a tile's result: number of float64 and offsets of its parts, see result-layout.ts. */
  resultLength: i32;
  sumsAt: i32;
  cAt: i32;
  gAt: i32;
  hAt: i32;
  dAt: i32;
  mdAt: i32;
  rdAt: i32;
  hessianAt: i32;
  kappa: f64;

  // @ts-ignore: decorator
  @inline
  get parameters(): i32 {
    return this.vectorsC + this.vectorsG + this.vectorsH;
  }
}
