/** Commands of a scheduler: run without a shell, with a time limit of our own, and counted. */
import { execFile } from 'node:child_process';
import type { RunCommand } from './dialect.ts';

/** A command refused, does not answer, or is not there. That says nothing about any job. */
export class CommandFailed extends Error {
  readonly command: string;
  /** What it complained of, on one line. */
  readonly said: string;

  constructor(command: string, said: string, cause?: unknown) {
    super(`${command}: ${said}`, { cause });
    this.name = 'CommandFailed';
    this.command = command;
    this.said = said;
  }
}

/** The scheduler itself cannot be reached, now. Whatever was asked of it may have been done. */
export function isOutOfReach(error: CommandFailed): boolean {
  return /no answer within|unable to contact|timed out|connection (?:refused|reset)|cannot connect|communication|socket|try again later|not responding/i.test(
    error.said,
  );
}

const WITHIN_MILLISECONDS = 60_000;
const MOST_ANSWER = 2 ** 26;

/** Variables of a job around this process would be taken for wishes; where the scheduler is found has to stay. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(?:SLURM|PBS)_/.test(name) ||
      /^(?:SLURM_CONF|SLURM_CLUSTERS|PBS_CONF_FILE|PBS_EXEC|PBS_SERVER|PBS_FAKE)/.test(name),
  );
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}

export const runCommand: RunCommand = (command, args, input) =>
  new Promise((resolve, reject) => {
    const options = {
      timeout: WITHIN_MILLISECONDS,
      killSignal: 'SIGKILL',
      maxBuffer: MOST_ANSWER,
      env: environment(),
    } as const;
    const child = execFile(command, [...args], options, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
        return;
      }
      const said = stderr.trim().replaceAll(/\s*\n\s*/g, '; ');
      const why =
        error.killed === true
          ? `no answer within ${WITHIN_MILLISECONDS / 1000} s`
          : error.code === 'ENOENT'
            ? 'command not found (ENOENT)'
            : `exit code ${error.code}`;
      reject(new CommandFailed(command, said === '' ? why : said, error));
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
