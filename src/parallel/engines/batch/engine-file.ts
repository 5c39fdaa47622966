/** `engine.json`: to whom a work folder belongs, and how its hosts behave. */
import type { WorkFolder } from './work-folder.ts';

export const ENGINE_SCHEMA = 'twotime/cluster@1';

export interface EngineFile {
  readonly schema: typeof ENGINE_SCHEMA;
  readonly scheduler: 'slurm' | 'pbs';
  /** In the names of all jobs of this folder: how they are found again. */
  readonly token: string;
  /** sha256 of the kernels: a host with others would give other bits. */
  readonly kernels: string;
  /** Attempts a host runs at a time; `cores`: one per core of its allocation. */
  readonly tasksPerHost: number | 'cores';
  /** Of `TaskHost`. */
  readonly grace: number | null;
  readonly lease: number | null;
  readonly heap: number | null;
  /** Between two looks at the folder, ms: soon after something happened, and when nothing does. */
  readonly poll: { readonly least: number; readonly most: number };
  /** A host that finds nothing to do for so long ends, s. */
  readonly idle: number;
  /** Hosts try again themselves what was lost, and put themselves in the queue again: there need not be a driver. */
  readonly detached: boolean;
}

export async function readEngineFile(folder: WorkFolder): Promise<EngineFile | null> {
  const bytes = await folder.read('engine.json');
  if (bytes === null) return null;
  const file = JSON.parse(bytes.toString('utf8')) as EngineFile;
  return file.schema === ENGINE_SCHEMA ? file : null;
}
