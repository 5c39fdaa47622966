/** Make the one `Dataset` of a fit from an open file and a request: choose, read, check, count, hash. */
import { resolve } from 'node:path';
import { InputRefused } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import type { TaskContext } from '../base/task-context.ts';
import type { KernelMemory } from '../kernels/memory.ts';
import { pairsOf } from '../kernels/triangles.ts';
import { makeTimeGrid } from '../model/time-grid.ts';
import { ContentHash } from './content-hash.ts';
import type { Dataset } from './dataset.ts';
import { FileState } from './file-state.ts';
import type { MatrixSource } from './matrix-source.ts';
import { asymmetryWarning, fillTriangles, judgeNonFinite } from './fill-triangles.ts';
import { checkPlausible } from './plausibility.ts';
import { openSource } from './readers/detect.ts';
import type { ReadingHelpers } from './reading-helpers.ts';
import { angularDistance, selectAngles, selectFrames } from './request.ts';
import type { DataRequest } from './request.ts';
import { chooseRing } from './rings.ts';
import type { RingChoice } from './rings.ts';
import { makeTriangleStore } from './triangle-store.ts';
import type { TrianglePlacement } from './triangle-store.ts';

/** A data set in the hands of whoever read it; disposing removes the file its triangles may lie in. */
export type OpenDataset = Dataset & Disposable;

/**
 * Read what `request` selects from `file` into the kernel memory or, as `placement` says, into a file. The values stay
 * there until the data set is disposed; on failure nothing stays. `helpers` read beside this thread where that pays, with
 * the same result. A file that changes meanwhile is refused. Throws `InputRefused` (with file, dataset path or key,
 * and advice), `OutputRefused` or `OutputFailed` (no room for that file), or `Cancelled`.
 */
export async function readDataset(
  file: string,
  request: DataRequest,
  memory: KernelMemory,
  context: TaskContext = {},
  placement?: TrianglePlacement,
  helpers?: ReadingHelpers,
): Promise<OpenDataset> {
  const mark = memory.mark();
  const path = resolve(file);
  const state = await FileState.of(path, file);
  try {
    const source = await openSource(path, file);
    try {
      return await readSource({ source, path, state, request, memory, placement, helpers }, context);
    } finally {
      source.close();
    }
  } catch (error) {
    memory.release(mark);
    throw state.explain(error);
  }
}

interface Reading {
  readonly source: MatrixSource;
  readonly path: string;
  readonly state: FileState;
  readonly request: DataRequest;
  readonly memory: KernelMemory;
  readonly placement: TrianglePlacement | undefined;
  readonly helpers: ReadingHelpers | undefined;
}

async function readSource(reading: Reading, context: TaskContext): Promise<OpenDataset> {
  const { source, path, state, request, memory, placement, helpers } = reading;
  const { file } = source;
  const ring = chooseRing(file, source.matrices, request.q);
  const angles = chooseAngles(source, ring, request);
  const total = commonFrames(source, angles.members);
  const frames = selectFrames(total, request, { file });
  const time = chooseDt(source, request);
  const phi = Float64Array.from(angles.phi);
  const positions = Float64Array.from(frames.support);
  const grid = makeTimeGrid(time.dt, request.t0, positions);

  const count = frames.support.length;
  const hash = new ContentHash(count, phi.length);
  using owned = new DisposableStack();
  const store = owned.use(makeTriangleStore(count, phi.length, memory, placement));
  const findings = await fillTriangles(
    { source, path, members: angles.members, frames, store, hash, helpers },
    context,
  );
  state.assertUnchanged();
  const excluded = Uint32Array.from(findings, (f) => f.taken.nonFinite);
  const holes = judgeNonFinite(source, angles.members, excluded, pairsOf(count), request.allowNan);
  const triangles = store.finish(excluded);
  const kept = owned.move();

  const qs = angles.members.map((k) => source.matrices[k]!.q ?? ring.q);
  const plausible = [checkPlausible('q', ring.q), checkPlausible('dt', time.dt)];
  return {
    source: {
      file,
      layout: source.layout,
      contentHash: hash.finish(ring.q, phi, grid.times),
      matrices: angles.members.map((k) => source.matrices[k]!.path),
      origins: { q: ring.origin, dt: time.origin, phi: angles.origin },
    },
    q: ring.q,
    qSpread: Math.max(...qs.map((q) => Math.abs(q - ring.q) / ring.q)),
    phi,
    grid,
    frameNumbers: frames.support.map((k) => frames.start + k + 1),
    triangles,
    excluded: {
      nan: excluded.reduce((sum, n) => sum + n, 0),
      framesOutsideWindow: frames.outsideWindow,
      framesExcluded: frames.excluded,
      frameAtTimeZero: frames.atTimeZero,
      angles: ring.members.length - phi.length,
      otherQ: source.matrices.length - ring.members.length,
    },
    warnings: [
      ...source.warnings,
      ...ring.warnings,
      ...angles.warnings,
      ...time.warnings,
      ...plausible.filter((w) => w !== null),
      ...asymmetryWarning(source, angles.members, findings),
      ...holes,
    ],
    [Symbol.dispose]: () => kept.dispose(),
  };
}

interface AngleChoice {
  readonly members: readonly number[];
  readonly phi: readonly number[];
  readonly origin: string;
  readonly warnings: readonly Warning[];
}

function chooseAngles(source: MatrixSource, ring: RingChoice, request: DataRequest): AngleChoice {
  const { file } = source;
  const all = anglesOfRing(source, ring, request);
  const kept = selectAngles(all.phi, request, { file });
  const members = kept.map((k) => ring.members[k]!);
  const phi = kept.map((k) => all.phi[k]!);
  for (let a = 0; a < phi.length; a++) {
    if (!Number.isFinite(phi[a])) {
      const path = source.matrices[members[a]!]!.path;
      throw new InputRefused(`its angle φ is ${phi[a]}`, { where: { file, path }, help: EXCLUDE_OR_REPAIR });
    }
    for (let b = 0; b < a; b++) {
      if (angularDistance(phi[a]!, phi[b]!) > 1e-6) continue;
      const [one, two] = [source.matrices[members[b]!]!.path, source.matrices[members[a]!]!.path];
      throw new InputRefused(`${one} and ${two} have the same angle φ = ${phi[a]} deg at q = ${ring.q} 1/Angstrom`, {
        where: { file, path: two },
        help: `leave both out with data.exclude_phi: [${phi[a]} deg], or mend the file's list of angles`,
      });
    }
  }
  return { members, phi, origin: all.origin, warnings: all.warnings };
}

const EXCLUDE_OR_REPAIR = 'select other angles with data.phi, or mend the file’s list of angles';

function anglesOfRing(
  source: MatrixSource,
  ring: RingChoice,
  request: DataRequest,
): { phi: number[]; origin: string; warnings: Warning[] } {
  const fromFile = ring.members.map((k) => source.matrices[k]!.phi);
  if (fromFile.every((phi) => phi !== null)) {
    return { phi: fromFile, origin: 'file', warnings: [] };
  }
  const count = ring.members.length;
  const where = { file: source.file, key: 'data.phi' };
  const given = request.phiValues ?? plainList(request.phi);
  if (given === undefined && count === 1) {
    const text = 'the file does not say the angle φ of its matrix; 0 deg is used';
    return { phi: [0], origin: 'assumed', warnings: [{ code: 'phi-assumed', text }] };
  }
  if (given === undefined || given.length !== count) {
    const text = given === undefined ? '' : `; the configuration names ${given.length}`;
    throw new InputRefused(`the file holds ${count} matrices and does not say their angles φ${text}`, {
      where,
      help: 'list one angle per matrix, in the order of the file, for instance data.phi: [0 deg, 45 deg]',
    });
  }
  return { phi: [...given], origin: 'configuration', warnings: [] };
}

/** The angles of a selection that only names single ones; undefined for any other. */
function plainList(selections: DataRequest['phi']): readonly number[] | undefined {
  if (selections === 'all') return undefined;
  const values = selections.flatMap((s) => ('value' in s ? [s.value] : s.from === s.to ? [s.from] : []));
  return values.length === selections.length ? values : undefined;
}

/** N of all selected matrices; refuses matrices of different size. */
function commonFrames(source: MatrixSource, members: readonly number[]): number {
  const total = source.frames(members[0]!);
  for (const k of members) {
    const frames = source.frames(k);
    if (frames === total) continue;
    throw new InputRefused(
      `${frames}×${frames} values, but ${source.matrices[members[0]!]!.path} has ${total}×${total}`,
      {
        where: { file: source.file, path: source.matrices[k]!.path },
        help: 'matrices of one fit need the same frames; select the angles of one size with data.phi',
      },
    );
  }
  return total;
}

function chooseDt(
  source: MatrixSource,
  request: DataRequest,
): { dt: number; origin: string; warnings: readonly Warning[] } {
  const warnings: Warning[] = [];
  const step = source.dt?.value ?? 0;
  if (source.firstTime !== null && source.firstTime !== 0 && Math.abs(request.t0 - source.firstTime) > 1e-6 * step) {
    const text = `the file's time axis starts at ${source.firstTime} s; data.t0 = ${request.t0} s is used`;
    warnings.push({ code: 't0-differs-from-file', text });
  }
  if (request.dt === 'from-file') {
    if (source.dt === null) {
      throw new InputRefused('the file does not say the time between frames', {
        where: { file: source.file, key: 'data.dt' },
        help: 'give it in the configuration, for instance data.dt: 100 ms',
      });
    }
    return { dt: source.dt.value, origin: 'file', warnings };
  }
  if (!(request.dt > 0) || !Number.isFinite(request.dt)) {
    throw new InputRefused(`the time between frames must be positive, not ${request.dt} s`, {
      where: { file: source.file, key: 'data.dt' },
      help: 'for instance data.dt: 100 ms',
    });
  }
  if (source.dt !== null && Math.abs(request.dt - source.dt.value) > 1e-6 * source.dt.value) {
    const text = `dt = ${request.dt} s of the configuration is used; ${source.dt.origin} says ${source.dt.value} s`;
    warnings.push({ code: 'dt-differs-from-file', text });
  }
  return { dt: request.dt, origin: 'configuration', warnings };
}
