/** Physics for tests of speckle: a static sample and a flow, both over a few correlation times. */
import { bindModel, makeTimeGrid, type Convention, type Physics } from '../../src/model/index.ts';

const grid = (frames: number) =>
  makeTimeGrid(
    0.1,
    0,
    Float64Array.from({ length: frames }, (_, k) => k + 1),
  );

/** J falls with time; correlation decays over tens of frames. */
export function slowStatic(frames: number, convention: Convention = 'published'): Physics {
  const experiment = { mode: 'static', convention, q: 0.0237, gap: null, phi: Float64Array.of(0) } as const;
  return bindModel({ ...experiment, grid: grid(frames) }).physics({ D0: 2000, alpha: -0.5, D_offset: 50 });
}

/** Two angles, of which the first sees x grow by 0.2 a frame: through the zeros of the sinc after 16 frames. */
export function slowFlow(frames: number, convention: Convention = 'published'): Physics {
  const experiment = { mode: 'laminar_flow', convention, q: 0.005, gap: 2e7, phi: Float64Array.of(0, 60) } as const;
  return bindModel({ ...experiment, grid: grid(frames) }).physics({
    D0: 8000,
    alpha: -0.5,
    D_offset: 50,
    gamma_dot_t0: 4e-5,
    beta: 0,
    gamma_dot_t_offset: 0,
    phi0: 0,
  });
}
