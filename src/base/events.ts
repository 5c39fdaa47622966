/** The events of a run: one append-only stream read by the progress bar, the log and the post-mortem. */

export type EventLevel = 'debug' | 'info' | 'warning' | 'error';

/** Something worth telling the user that does not stop the run. */
export interface Warning {
  /** Stable kebab-case identifier, e.g. `contrast-outside-bounds`. */
  readonly code: string;
  readonly text: string;
}

export type RunEvent =
  | {
      readonly kind: 'stage';
      readonly stage: 'read' | 'fit' | 'sample' | 'figures' | 'write';
      readonly state: 'start' | 'end';
      readonly seconds?: number;
    }
  | {
      readonly kind: 'progress';
      readonly stage: string;
      readonly done: number;
      readonly total: number;
      readonly text?: string;
    }
  | {
      readonly kind: 'iteration';
      /** `scan`, `coarse` (some of the frames) or `full` (all data). */
      readonly level: 'scan' | 'coarse' | 'full';
      readonly start: number;
      readonly iteration: number;
      /** ½χ² per angle-weighted residual, as minimised. */
      readonly cost: number;
      readonly accepted: boolean;
    }
  /** What was done so far is kept where a later attempt goes on from; told by tasks that may be interrupted. */
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'log'; readonly level: EventLevel; readonly text: string }
  | { readonly kind: 'warning'; readonly warning: Warning };
