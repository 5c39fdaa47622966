/** `engine.json`: to whom a work folder belongs, and how its hosts behave. */
import { ConfigRefused } from '../../../base/errors.ts';
import { thisProgram, type Program } from '../../host/index.ts';
import type { BatchEngineOptions } from './options.ts';
import type { WorkFolder } from './work-folder.ts';

const ENGINE_SCHEMA = 'twotime/cluster@2';

export interface EngineFile {
  readonly schema: typeof ENGINE_SCHEMA;
  readonly scheduler: 'slurm' | 'pbs';
  /** In the names of all jobs of this folder: how they are found again. */
  readonly token: string;
  /** The program of the driver: a host with another one would give other bits. */
  readonly program: Program;
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

export type EngineFileOptions = Pick<
  BatchEngineOptions,
  'dialect' | 'tasksPerHost' | 'grace' | 'lease' | 'heap' | 'idle'
> &
  Pick<EngineFile, 'poll' | 'token' | 'detached'>;

/** What hosts find that a driver of this program starts. */
export async function engineFileOf(options: EngineFileOptions): Promise<EngineFile> {
  const { dialect, token, poll, detached, tasksPerHost = 'cores', grace, lease, heap, idle = 30 } = options;
  return {
    ...{ schema: ENGINE_SCHEMA, scheduler: dialect.name, token, tasksPerHost, detached },
    ...{ grace: grace ?? null, lease: lease ?? null, heap: heap ?? null, poll, idle },
    program: await thisProgram(),
  };
}

export async function writeEngineFile(folder: WorkFolder, file: EngineFile): Promise<void> {
  await folder.put(JSON.stringify(file, null, 1), 'engine.json');
}

export async function readEngineFile(folder: WorkFolder): Promise<EngineFile | null> {
  const bytes = await folder.read('engine.json');
  if (bytes === null) return null;
  const file = JSON.parse(bytes.toString('utf8')) as EngineFile;
  return file.schema === ENGINE_SCHEMA ? file : null;
}

/** Kept by a host that found another program than that of the driver: `reason` says in what they differ. */
export async function refuse(folder: WorkFolder, reason: string): Promise<void> {
  await folder.put(reason, 'refused');
}

/** What is told of work that a host refused; null where none did. */
export async function refusalIn(folder: WorkFolder): Promise<ConfigRefused | null> {
  const reason = await folder.read('refused');
  if (reason === null) return null;
  return new ConfigRefused(`a job found another program than the one that submitted it: ${reason.toString('utf8')}`, {
    where: { key: 'parallel.backend' },
    help: 'run it again with one version of the program everywhere, which does not change while jobs wait',
  });
}
