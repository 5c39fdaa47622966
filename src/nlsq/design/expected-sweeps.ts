/** Sweeps over data nobody has measured: the normal equations of a fit whose residuals are all zero. */
import type { AngleSums, Sweeps } from '../../kernels/sweep.ts';
import type { StoredTriangles, TriangleStack } from '../../kernels/triangles.ts';

/** Triangles without values, of any size: reading them gives zeros and takes no memory. */
export function unmeasuredTriangles(frames: number, angles: number): StoredTriangles {
  return {
    frames,
    angles,
    excluded: new Uint32Array(angles),
    file: {
      read: (_first, into) => void into.fill(0),
      readAhead: async (_first, into) => void into.fill(0),
    },
  };
}

/** The sweeps that `kernels` makes, with r = 0 at every pair. */
export function expectedSweeps(kernels: (data: TriangleStack) => Sweeps, frames: number, angles: number): Sweeps {
  const sweeps = kernels(unmeasuredTriangles(frames, angles));
  return {
    data: sweeps.data,
    get count() {
      return sweeps.count;
    },
    sums: async (...asked) => withoutResiduals(await sweeps.sums(...asked)),
    adjoint: async (...asked) => {
      const sums = withoutResiduals(await sweeps.adjoint(...asked));
      return { ...sums, cost: 0, c: zeros(sums.c), g: sums.g === null ? null : zeros(sums.g), h: zeros(sums.h) };
    },
    slopes: async (...asked) => {
      const sums = withoutResiduals(await sweeps.slopes(...asked));
      return { ...sums, rd: zeros(sums.rd) };
    },
    normal: async (...asked) => {
      const sums = withoutResiduals(await sweeps.normal(...asked));
      return { ...sums, rd: zeros(sums.rd) };
    },
    shape: (...asked) => sweeps.shape(...asked),
  };
}

function withoutResiduals<S extends AngleSums>(sums: S): S {
  return { ...sums, r: zeros(sums.r), rm: zeros(sums.rm), rr: zeros(sums.rr) };
}

function zeros(like: Float64Array): Float64Array {
  return new Float64Array(like.length);
}
