/** Tries each part of the installation for real and says what was found. */
import { execFile } from 'node:child_process';
import { cpus, freemem, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { DEFAULT_RAY } from '../config/index.ts';
import { loadHdf5 } from '../data/hdf5-library.ts';
import { createKernelSweeps, KernelMemory, loadKernels, pairsOf } from '../kernels/index.ts';
import { bindModel, makeTimeGrid } from '../model/index.ts';
import { explainOthers, selectBackend, WorkerThreads, type BackendChoice, type Machine } from '../parallel/index.ts';
import { pbs, slurm } from '../parallel/engines/batch/index.ts';
import { svgToPng } from '../report/index.ts';
import { describeMachine } from '../results/index.ts';
import { whyMissing } from './cluster/index.ts';
import { thisMachine } from './this-machine.ts';
import { packageVersion } from './versions.ts';

export interface Finding {
  readonly subject: string;
  /** `absent`: works without it, and the text says what is missing; `broken`: fits cannot run. */
  readonly state: 'ok' | 'absent' | 'broken';
  readonly text: string;
}

/** Examine the installation; never throws. */
export async function examineInstallation(): Promise<Finding[]> {
  const { os, arch } = describeMachine();
  const machine: Machine = { ...thisMachine(), total: cpus().length };
  const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  return [
    { subject: 'twotime', state: 'ok', text: packageVersion() },
    { subject: 'node', state: 'ok', text: `${process.versions.node} (${os}, ${arch})` },
    {
      subject: 'machine',
      state: 'ok',
      text: `${machine.cores} of ${machine.total} cores, ${gigabytes(totalmem())} memory of which ${gigabytes(freemem())} free`,
    },
    await attempt('kernels', 'broken', tryKernels),
    await attempt('hdf5', 'broken', tryHdf5),
    await attempt('png figures', 'absent', tryPng),
    await attempt('threads', 'absent', tryThreads),
    ...(await describeBackends(machine)),
    await attempt('ray', 'absent', tryRay),
  ];
}

async function attempt(subject: string, failure: 'absent' | 'broken', work: () => Promise<string>): Promise<Finding> {
  try {
    return { subject, state: 'ok', text: await work() };
  } catch (cause) {
    const text = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
    return { subject, state: failure, text };
  }
}

/** One small sweep through the compiled kernels. */
async function tryKernels(): Promise<string> {
  const kernels = await loadKernels();
  const memory = new KernelMemory();
  const frames = 16;
  const values = memory.float32(pairsOf(frames)).fill(1);
  const data = { frames, angles: 1, values, excluded: new Uint32Array(1) };
  const grid = makeTimeGrid(
    1,
    0,
    Float64Array.from({ length: frames }, (_, k) => k + 1),
  );
  const model = bindModel({
    mode: 'static',
    convention: 'published',
    q: 0.01,
    gap: null,
    phi: new Float64Array(1),
    grid,
  });
  const one = Float64Array.of(1);
  const physics = model.physics({ D0: 100, alpha: 0, D_offset: 0 });
  const sums = await createKernelSweeps(kernels, memory, data).sums(
    physics,
    { contrast: one, offset: one, weight: one },
    {},
  );
  if (sums.points[0] !== values.length) throw new Error(`a sweep counted ${sums.points[0]} of ${values.length} points`);
  return `WebAssembly with 128-bit SIMD and shared memory (sha256 ${kernels.hash.slice(0, 12)})`;
}

/** Start a worker thread and end it. */
async function tryThreads(): Promise<string> {
  await using threads = new WorkerThreads(new KernelMemory(), await loadKernels(), 1);
  const started = performance.now();
  await threads.start();
  return `a worker thread is ready after ${(performance.now() - started).toFixed(0)} ms`;
}

/** What a fit would use without any configuration, and why not the rest. */
async function describeBackends(machine: Machine): Promise<Finding[]> {
  const parallel = { backend: 'auto', workers: 'auto', fallback: 'warn', chunks: true, memory: 0 } as const;
  const choice = selectBackend(parallel, machine);
  const available: readonly string[] = ['sequential', 'local'] satisfies BackendChoice['name'][];
  return [
    {
      subject: 'backend',
      state: 'ok',
      text: `${choice.name} with ${choice.workers} ${choice.workers === 1 ? 'thread' : 'threads'}: ${choice.why}`,
    },
    ...(await Promise.all(
      Array.from(explainOthers(choice, machine), async ([subject, why]): Promise<Finding> => {
        if (available.includes(subject)) return { subject, state: 'ok', text: `not chosen: ${why}` };
        const missing = await whyMissing(subject === 'slurm' ? slurm : pbs);
        return {
          subject,
          state: missing === null ? 'ok' : 'absent',
          text: missing === null ? why : `${missing}; ${why}`,
        };
      }),
    )),
  ];
}

/** Ask the Python that is used by default. */
async function tryRay(): Promise<string> {
  const { python } = DEFAULT_RAY;
  const found = await promisify(execFile)(python, ['-c', 'import ray; print(ray.__version__)'], {
    timeout: 20_000,
  }).catch(() => null);
  if (found === null)
    throw new Error(`${python} has no Ray; pip install "ray[default]", or name another in parallel.ray.python`);
  return `Ray ${found.stdout.trim()} in ${python}; used with parallel.backend: ray`;
}

async function tryHdf5(): Promise<string> {
  await loadHdf5();
  return 'HDF5 reader starts';
}

async function tryPng(): Promise<string> {
  const png = await svgToPng('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>');
  return `PNG renderer works (${png.length} bytes for an empty figure)`;
}
