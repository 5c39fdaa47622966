/** Write two-time matrices as NPZ with the keys of homodyne's cache, float64. */
import { throwIfCancelled } from '../../base/task-context.ts';
import type { TaskContext } from '../../base/task-context.ts';
import { writeFileAtomically } from '../atomic-file.ts';
import { encodeNpz, npzArray } from '../npz-writer.ts';
import type { NpzMember } from '../npz-writer.ts';
import type { TwoTimeContent } from './two-time-file.ts';

/**
 * Keys: `c2_exp` (P, N, N), `t1` and `t2` (N) in s, `phi_angles_list` (P) in degrees, `wavevector_q_list` (P) in 1/Å,
 * `truth` (JSON text). One matrix is in memory at a time. Throws `OutputFailed` (nothing is left) or `Cancelled`.
 */
export async function writeNpz(path: string, content: TwoTimeContent, context: TaskContext = {}): Promise<void> {
  const { frames, dt, q } = content;
  const phi = Float64Array.from(content.phi);
  const times = Float64Array.from({ length: frames }, (_, k) => k * dt);
  const members: NpzMember[] = [
    npzArray('wavevector_q_list', new Float64Array(phi.length).fill(q)),
    npzArray('phi_angles_list', phi),
    npzArray('t1', times),
    npzArray('t2', times),
    { name: 'c2_exp', dtype: 'f8', shape: [phi.length, frames, frames], pieces: matrices(content, context) },
    { name: 'truth', text: content.truth },
  ];
  await writeFileAtomically(path, encodeNpz(members));
}

async function* matrices(content: TwoTimeContent, context: TaskContext): AsyncGenerator<Float64Array> {
  for (let a = 0; a < content.phi.length; a++) {
    throwIfCancelled(context);
    yield await content.matrix(a);
    context.progress?.({ kind: 'progress', stage: 'write', done: a + 1, total: content.phi.length });
  }
}
