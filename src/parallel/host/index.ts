/**
 * The program that runs tasks of this package on other machines: one process per node (or per job of a scheduler) that
 * owns all cores it was given.
 *
 * `TaskHost` runs attempts in threads and keeps shared data; how attempts and data reach it is the engine's business: files
 * on a shared file system (engines/batch) or frames on a pipe. An attempt and its outcome travel as frames, whose bytes
 * mean the same everywhere:
 *
 * ```ts
 * await using host = await TaskHost.open({ slots: 4, load: async (ref) => … });
 * const attempt = decodeAttempt(bytes);
 * const outcome = await host.run(attempt, signal, (event) => …);
 * send(encodeOutcome(attempt.id, outcome));
 * ```
 */
export { decodeFrame, encodeFrame, FRAME_START, frameLength, type Frame } from './frame.ts';
export {
  attemptOf,
  decodeAttempt,
  decodeOutcome,
  encodeAttempt,
  encodeOutcome,
  outcomeIn,
  type DecodedOutcome,
  type RemoteAttempt,
} from './outcome-frame.ts';
export { differenceOf, thisProgram, type Program } from './program.ts';
export { releasedError, TaskHost, type AttemptLimits, type TaskHostOptions } from './task-host.ts';
