/** Exit codes of the command, one meaning each. */
import type { TwotimeError } from '../base/errors.ts';
import type { FitStatus } from '../nlsq/outcome.ts';

export const EXIT = {
  done: 0,
  failed: 1,
  notConverged: 2,
  refused: 3,
  usage: 64,
  stoppedBySignal: 75,
  interrupted: 130,
} as const;

/** The exit code of an error that reached the command line. */
export function exitCodeOfError(error: TwotimeError): number {
  switch (error.tag) {
    case 'UsageRefused':
      return EXIT.usage;
    case 'ConfigRefused':
    case 'InputRefused':
    case 'OutputRefused':
      return EXIT.refused;
    case 'Cancelled':
      return exitCodeOfStop(error.cause);
    case 'OutputFailed':
    case 'Defect':
      return EXIT.failed;
  }
}

/** The exit code of a finished fit; a stopped one is told by the signal that stopped it. */
export function exitCodeOfStatus(status: FitStatus, stopReason: unknown): number {
  switch (status) {
    case 'converged':
      return EXIT.done;
    case 'stalled':
    case 'max-iterations':
      return EXIT.notConverged;
    case 'failed':
      return EXIT.failed;
    case 'cancelled':
      return exitCodeOfStop(stopReason);
  }
}

/** 130 for Ctrl-C, 75 for the signals schedulers send. */
export function exitCodeOfStop(reason: unknown): number {
  return reason === 'SIGINT' ? EXIT.interrupted : EXIT.stoppedBySignal;
}
