/** Where a run of columns starts: addresses of its first group and constants of its row, filled anew for every call. */
@unmanaged
export class Run {
  /** sin and cos of h(G_i − G_b) of the row. */
  sine: f64;
  cosine: f64;
  /** G_i. */
  strainOfRow: f64;
  /** First value of the triangle; pair record; E; G_j; column record. */
  values: usize;
  pairs: usize;
  e: usize;
  strain: usize;
  columns: usize;
  /** Sums over angles per pair (normal), or where M goes (shape). */
  sums: usize;
  /** 32 bytes for anything. */
  scratch: usize;
  /** Groups. */
  count: i32;
  padding: i32;
}
