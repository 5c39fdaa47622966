/**
 * Where each sum of a sweep lies in the flat vector of float64 that a tile returns.
 *
 * Tiles of one sweep return vectors of equal layout, with zeros where they have nothing to say, so that results are
 * added element by element. The same offsets are written into the job that the compiled kernels read.
 */

export type SweepKind = 'sums' | 'adjoint' | 'slopes' | 'normal';

/** Offsets in numbers (not bytes); -1 where a sweep of this kind has no such part. */
export interface ResultLayout {
  readonly length: number;
  /** Five sums of each angle, shape (P, 5): M, M², r, rM, r². */
  readonly sums: number;
  /** ∂L/∂C, shape (N). */
  readonly c: number;
  /** ∂L/∂G, shape (N). */
  readonly g: number;
  /** ∂L/∂h, shape (P). */
  readonly h: number;
  /** Σ∂_kM, ΣM∂_kM, Σr∂_kM, each of shape (P, K). */
  readonly d: number;
  readonly md: number;
  readonly rd: number;
  /** Shape (K, K). */
  readonly hessian: number;
}

/** Sums per angle: M, M², r, rM, r². */
export const ANGLE_SUMS = 5;

/** Layout for N frames, P angles and K sensitivities. */
export function resultLayout(kind: SweepKind, frames: number, angles: number, parameters: number): ResultLayout {
  const sums = 0;
  const after = ANGLE_SUMS * angles;
  const none = { c: -1, g: -1, h: -1, d: -1, md: -1, rd: -1, hessian: -1 };
  switch (kind) {
    case 'sums':
      return { ...none, sums, length: after };
    case 'adjoint':
      return { ...none, sums, c: after, g: after + frames, h: after + 2 * frames, length: after + 2 * frames + angles };
    case 'slopes':
    case 'normal': {
      const block = angles * parameters;
      const end = after + 3 * block;
      const derivatives = { ...none, sums, d: after, md: after + block, rd: after + 2 * block, length: end };
      return kind === 'slopes' ? derivatives : { ...derivatives, hessian: end, length: end + parameters * parameters };
    }
  }
}
