/** The C twin of the adjoint sweep as a child process that answers one line per sweep. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface RivalSweep {
  /** Per point. */
  readonly nanoseconds: number;
  readonly cost: number;
  readonly gradientNorm: number;
}

export interface Rival {
  sweep(mode: 'static' | 'laminar'): Promise<RivalSweep>;
  close(): void;
}

/** Compile and start rival.c with these options; null without a C compiler. */
export async function compileRival(
  frames: number,
  angles: number,
  ...options: readonly string[]
): Promise<Rival | null> {
  const folder = mkdtempSync(path.join(tmpdir(), 'twotime-bench-'));
  const program = path.join(folder, 'rival');
  const source = path.join(import.meta.dirname, 'rival.c');
  try {
    execFileSync('cc', ['-O3', '-march=native', ...options, '-o', program, source, '-lm'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } catch (error) {
    rmSync(folder, { recursive: true });
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  const child = spawn(program, [String(frames), String(angles)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async sweep(mode) {
      child.stdin.write(`${mode}\n`);
      const answer = await answers.next();
      if (answer.done === true) throw new Error('rival.c stopped');
      const [nanoseconds, cost, gradientNorm] = answer.value.split(' ').map(Number);
      return { nanoseconds: nanoseconds!, cost: cost!, gradientNorm: gradientNorm! };
    },
    close() {
      child.stdin.end();
      rmSync(folder, { recursive: true });
    },
  };
}
