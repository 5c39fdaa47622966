/** `provenance.json`: what is needed to know how a result came about, and to make it again. */
import { stat } from 'node:fs/promises';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { relative, resolve } from 'node:path';
import type { Dataset } from '../data/dataset.ts';

export const PROVENANCE_SCHEMA = 'twotime/provenance@1';

export interface MachineRecord {
  readonly node: string;
  /** Operating system, its release and the processor architecture. */
  readonly os: string;
  readonly arch: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
}

export interface ProvenanceRecord {
  readonly schema: typeof PROVENANCE_SCHEMA;
  readonly input: {
    /** As the user named it. */
    readonly file: string;
    /** Where it was, seen from the run directory. */
    readonly fromRun: string;
    readonly bytes: number | null;
    readonly layout: string;
    /** sha256 of the arrays used: matrices in support order, q, phi, times. */
    readonly contentHash: string;
    readonly matrices: readonly string[];
    readonly origins: Dataset['source']['origins'];
  };
  readonly engine: {
    /** What computed the sweeps, e.g. `wasm-simd128`. */
    readonly name: string;
    /** sha256 of the WebAssembly module, hex; null when none was used. */
    readonly wasmSha256: string | null;
    readonly workers: number;
  };
  readonly seed: number;
  readonly config: {
    /** As the user named it; null when there was none. */
    readonly file: string | null;
    /** The resolved configuration, the text of `config.yaml`. */
    readonly text: string;
  };
  /** Job of the same batch whose values the fit started from; null when it started on its own. */
  readonly neighbour: string | null;
  readonly machine: MachineRecord;
  /** The command's arguments as typed, without the program itself. */
  readonly argv: readonly string[];
  /** UTC, ISO 8601. */
  readonly started: string;
  /** When the run was last resumed; null when it went through in one go. */
  readonly resumed: string | null;
  readonly ended: string;
  readonly versions: Readonly<Record<string, string>>;
}

export interface ProvenanceInput extends Omit<ProvenanceRecord, 'schema' | 'input' | 'machine'> {
  readonly dataset: Dataset;
  /** Where the input file can be read now, if not under the name the user gave. */
  readonly inputPath?: string;
  readonly run: string;
}

export async function makeProvenance(input: ProvenanceInput): Promise<ProvenanceRecord> {
  const { dataset, inputPath, run, ...facts } = input;
  const { file, layout, contentHash, matrices, origins } = dataset.source;
  const path = resolve(inputPath ?? file);
  const bytes = await stat(path).then(
    (found) => found.size,
    () => null,
  );
  return {
    schema: PROVENANCE_SCHEMA,
    input: { file, fromRun: relative(resolve(run), path), bytes, layout, contentHash, matrices, origins },
    engine: facts.engine,
    seed: facts.seed,
    config: facts.config,
    neighbour: facts.neighbour,
    machine: describeMachine(),
    argv: facts.argv,
    started: facts.started,
    resumed: facts.resumed,
    ended: facts.ended,
    versions: facts.versions,
  };
}

/** The machine this process runs on; its name is left out. */
export function describeMachine(): MachineRecord {
  return {
    node: process.versions.node,
    os: `${platform()} ${release()}`,
    arch: arch(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
  };
}
