/** What differs between schedulers: words of the script, commands, and how their answers are read. */
import type { ClusterConfig } from '../../../config/config.ts';

/** What a scheduler says of one element of an array. */
export interface ElementState {
  readonly kind:
    | 'waiting'
    /** It waits, and will never start. */
    | 'hopeless'
    | 'running'
    /** The others have ended. */
    | 'done'
    | 'failed'
    | 'time'
    | 'memory'
    /** Through no fault of the job: its node went down, or somebody else's job took its place. */
    | 'place'
    | 'cancelled';
  /** As the scheduler words it, for people. */
  readonly text: string;
  readonly node: string | null;
}

/** A job array as it was handed over. */
export interface Submission {
  /** Name of the job; no other job of the user has it. */
  readonly name: string;
  /** Identifier the scheduler gave it. */
  readonly job: string;
  readonly elements: number;
}

export interface JobRequest {
  readonly name: string;
  readonly elements: number;
  readonly site: ClusterConfig;
  /** More memory than the site says, because that did not suffice. */
  readonly memoryFactor: number;
  /** Nodes that lost jobs, not to be used. */
  readonly without: readonly string[];
  /** The scheduler may start elements again that it lost. */
  readonly requeue: boolean;
}

/** Runs one command; `input` goes to its standard input. Throws `CommandFailed`. */
export type RunCommand = (command: string, args: readonly string[], input?: string) => Promise<string>;

export interface Dialect {
  readonly name: 'slurm' | 'pbs';
  readonly title: 'Slurm' | 'PBS';
  /** Commands that have to be there. */
  readonly commands: readonly string[];
  /** Lines of the script that the scheduler reads. */
  readonly directives: (request: JobRequest) => string[];
  /** Shell words that name the element where they are evaluated, as `elementsOf` does. */
  readonly ownElement: string;
  /** Submits the script on standard input. */
  readonly submit: readonly [command: string, ...args: readonly string[]];
  /** The identifier in the answer of `submit`; null when there is none. */
  readonly jobOf: (answer: string) => string | null;
  readonly elementsOf: (submission: Submission) => string[];
  /** States of the elements the scheduler still knows, by name. Throws `CommandFailed` when it does not answer. */
  readonly states: (run: RunCommand, submissions: readonly Submission[]) => Promise<Map<string, ElementState>>;
  /** Jobs of this name that the scheduler knows. */
  readonly find: (run: RunCommand, name: string) => Promise<string | null>;
  readonly cancel: (elements: readonly string[]) => readonly [command: string, ...args: readonly string[]];
  /** Start the element again from within it; null where the scheduler has no word for that. */
  readonly requeue: ((element: string) => readonly [command: string, ...args: readonly string[]]) | null;
  /** Most elements of one array. */
  readonly mostElements: (run: RunCommand) => Promise<number>;
  /** Whether a refusal means that there are too many jobs, now. */
  readonly isLimit: (message: string) => boolean;
}

/** `HH:MM:SS`; hours may have more digits. */
export function clockTime(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** Whole MiB. */
export function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}
