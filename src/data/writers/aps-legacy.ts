/**
 * Write two-time matrices as one APS legacy HDF5 file with every path its readers look for, and the truth.
 *
 * Matrices are full, float32, contiguous and uncompressed: deflate saves a fifth of the bytes of noisy data and takes some
 * ten times as long to write and to read. Bins count 1, 2, … in the order of the angles.
 */
import { OutputRefused } from '../../base/errors.ts';
import { throwIfCancelled } from '../../base/task-context.ts';
import type { TaskContext } from '../../base/task-context.ts';
import type { Hdf5Library } from '../hdf5-library.ts';
import { makeGroup, writeHdf5, type Hdf5Output, type Hdf5OutputGroup } from './hdf5-output.ts';
import type { TwoTimeContent } from './two-time-file.ts';

/** One matrix passes through the library's memory in one piece. */
const MOST_MATRIX_BYTES = 1.5 * 2 ** 30;

/** Write `path`. Throws `OutputFailed` (nothing is left), `OutputRefused` for matrices beyond 1.5 GiB, or `Cancelled`. */
export async function writeApsLegacy(path: string, content: TwoTimeContent, context: TaskContext = {}): Promise<void> {
  if (4 * content.frames ** 2 > MOST_MATRIX_BYTES) {
    throw new OutputRefused(`a matrix of ${content.frames} frames is too large for this layout`, {
      where: { file: path },
      help: 'write an NPZ file, or fewer frames',
    });
  }
  await writeHdf5(path, async (library, temporary) => {
    const file = new library.File(temporary, 'w');
    try {
      await writeContent(library, file, content, context);
    } finally {
      file.close();
    }
  });
}

async function writeContent(
  library: Hdf5Library,
  file: Hdf5Output,
  content: TwoTimeContent,
  context: TaskContext,
): Promise<void> {
  const { frames } = content;
  const angles = content.phi.length;
  const group = (path: string): Hdf5OutputGroup => makeGroup(library, file, path, false);
  group('exchange');
  const matrices = group('exchange/C2T_all');
  const xpcs = group('xpcs');
  group('measurement');
  group('measurement/instrument');
  const detector = group('measurement/instrument/detector');

  const row = [1, angles];
  const bins = Int32Array.from({ length: angles }, (_, k) => k + 1);
  xpcs.create_dataset({ name: 'dqlist', data: new Float64Array(angles).fill(content.q), shape: row });
  xpcs.create_dataset({ name: 'dphilist', data: Float64Array.from(content.phi), shape: row });
  xpcs.create_dataset({ name: 'qphi_bin_to_process', data: bins, shape: row });
  xpcs.create_dataset({ name: 'avg_frames', data: 1, dtype: '<i' });
  xpcs.create_dataset({ name: 'stride_frames', data: 1, dtype: '<i' });
  xpcs.create_dataset({ name: 'analysis_type', data: 'Twotime' });
  xpcs.create_dataset({ name: 'output_data', data: '/exchange' });
  detector.create_dataset({ name: 'exposure_period', data: content.dt, dtype: '<d' });
  detector.create_dataset({ name: 'exposure_time', data: content.dt, dtype: '<d' });
  file.create_dataset({ name: 'truth', data: content.truth });
  for (let a = 0; a < angles; a++) {
    throwIfCancelled(context);
    const name = `g2_${String(a + 1).padStart(5, '0')}`;
    matrices.create_dataset({ name, data: new Float32Array(await content.matrix(a)), shape: [frames, frames] });
    context.progress?.({ kind: 'progress', stage: 'write', done: a + 1, total: angles });
  }
}
