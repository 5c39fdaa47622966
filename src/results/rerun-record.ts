/** What `rerun` says: how near a result that was made again comes to the first one. */
import type { FitStatus } from '../nlsq/outcome.ts';

export const RERUN_SCHEMA = 'twotime/rerun@1';

export interface RerunRecord {
  readonly schema: typeof RERUN_SCHEMA;
  /** The same bits; every parameter within `tolerance` standard errors; or neither. */
  readonly verdict: 'bitwise' | 'within' | 'different';
  readonly tolerance: number;
  readonly status: { readonly before: FitStatus; readonly after: FitStatus };
  readonly digest: { readonly before: string; readonly after: string };
  /** Of program, Node and kernels. */
  readonly versions: {
    readonly before: Readonly<Record<string, string>>;
    readonly after: Readonly<Record<string, string>>;
  };
  readonly parameters: readonly {
    readonly name: string;
    readonly before: number | null;
    readonly after: number | null;
    /** The change in standard errors of the first result; null when it cannot be told. */
    readonly inErrors: number | null;
  }[];
}
