/** What the writers of two-time files are given. */
export interface TwoTimeContent {
  /** 1/Å. */
  readonly q: number;
  /** Degrees, one per matrix. */
  readonly phi: ArrayLike<number>;
  /** Time between frames, s; frame k is at k·dt. */
  readonly dt: number;
  /** N. */
  readonly frames: number;
  /** The whole N×N matrix of one angle, row-major; called once per angle, in order. */
  matrix(angle: number): Float64Array | Promise<Float64Array>;
  /** What the matrices were made from, as JSON text. */
  readonly truth: string;
}
