/** What the commands say that look after runs: `bundle` and `gc`. */
import type { FitStatus } from '../nlsq/outcome.ts';

export const BUNDLE_SCHEMA = 'twotime/bundle@1';

export interface BundledFile {
  /** In the run, with slashes. */
  readonly name: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** `manifest.json` of a bundle. */
export interface BundleManifest {
  readonly schema: typeof BUNDLE_SCHEMA;
  /** Name of the run, which is the folder in the archive. */
  readonly run: string;
  readonly status: FitStatus;
  readonly digest: string;
  /** The data, which are not in the bundle. */
  readonly input: { readonly file: string; readonly contentHash: string };
  readonly versions: Readonly<Record<string, string>>;
  readonly files: readonly BundledFile[];
}

export const LEFTOVERS_SCHEMA = 'twotime/leftovers@1';

/** Something that nothing needs any more. */
export interface Leftover {
  readonly path: string;
  /**
   * `half-file`: what a killed process had begun to write; `lock`: of a process that is gone; `checkpoint`: of a run that is
   * whole; `half-run`: a run that was being put together; `replaced`: a run in whose place a whole one stands.
   */
  readonly kind: 'half-file' | 'lock' | 'checkpoint' | 'half-run' | 'replaced';
  /** Of all its files. */
  readonly bytes: number;
}

export interface LeftoversRecord {
  readonly schema: typeof LEFTOVERS_SCHEMA;
  /** Nothing was removed. */
  readonly dryRun: boolean;
  readonly leftovers: readonly Leftover[];
  /** Of all of them. */
  readonly bytes: number;
  /** Folders in which a process is at work, and what it is, in words; they were left alone. */
  readonly inUse: readonly { readonly folder: string; readonly worker: string }[];
}
