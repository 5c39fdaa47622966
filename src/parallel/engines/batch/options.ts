/** What a batch engine can be told. */
import type { EventLevel } from '../../../base/events.ts';
import type { ClusterConfig } from '../../../config/config.ts';
import type { Dialect, RunCommand } from './dialect.ts';
import type { EngineFile } from './engine-file.ts';

export interface BatchEngineOptions {
  readonly dialect: Dialect;
  readonly site: ClusterConfig;
  /** The work folder, on a file system that all nodes see; removed at the end. One driver at a time. */
  readonly folder: string;
  /** Where relative names of files lead from, on all nodes. Default: the current folder. */
  readonly directory?: string;
  /** Attempts a job runs at a time. Default `cores`. */
  readonly tasksPerHost?: number | 'cores';
  /** As in `TaskHost`. */
  readonly grace?: number | undefined;
  readonly lease?: number | undefined;
  readonly heap?: number | undefined;
  /** Between two looks at the folder, ms. Default 50 to 2000. */
  readonly poll?: EngineFile['poll'];
  /** A job without work ends after so long, s. Default 30. */
  readonly idle?: number;
  /** Between two questions to the scheduler, ms. Default 10 s to 60 s. */
  readonly ask?: { readonly least: number; readonly most: number };
  /** What was written on one machine may be seen on another so much later, ms. Default 90 s. */
  readonly visible?: number;
  /** A host that tells nothing for so long is asked for, ms. Default 20 s. */
  readonly silence?: number;
  /** Runs the commands of the scheduler. */
  readonly run?: RunCommand;
  /** Told what becomes of jobs. */
  readonly tell?: (level: EventLevel, text: string) => void;
}
