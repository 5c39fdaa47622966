/** What threads of the local pool tell each other apart from the words of the board. */
import type { SharedArrays } from '../../shared-data.ts';

/** Given to a worker when it starts. */
export interface WorkerStart {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly board: SharedArrayBuffer;
  /** Number of threads the board was made for, and the number of this one. */
  readonly threads: number;
  readonly thread: number;
  /** Shared data that are known already. */
  readonly data: readonly (readonly [number: number, arrays: SharedArrays])[];
}

/** A coarse task for a worker: the export of a module, by name, never a closure. */
export interface TaskMessage {
  readonly kind: 'task';
  readonly id: number;
  readonly module: string;
  readonly export: string;
  readonly input: unknown;
}

export interface CancelMessage {
  readonly kind: 'cancel';
  readonly id: number;
}

/** Shared data come, or go when `arrays` is null. */
export interface DataMessage {
  readonly kind: 'data';
  readonly number: number;
  readonly arrays: SharedArrays | null;
}

export type WorkerMessage = TaskMessage | CancelMessage | DataMessage;

/** An error on its way between threads: structured clone loses classes, so its parts travel. */
export interface ErrorParts {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly tag: string | undefined;
  readonly where: unknown;
  readonly help: string | undefined;
  /** That of the system, e.g. ENOSPC. */
  readonly code: string | undefined;
  readonly cause: ErrorParts | undefined;
}

export type WorkerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly id: number; readonly output: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: ErrorParts }
  | { readonly kind: 'progress'; readonly id: number; readonly event: unknown };
