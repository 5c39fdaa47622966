/** The processes of this machine, by parent: who was started by a test, and whether anything of it is left. Linux only. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** All that run; what ended and waits to be collected is none. */
export function processes(): RunningProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (state === 'Z' || state === 'X') return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return [{ pid: Number(name), parent: Number(parent), command }];
      } catch {
        // It ended meanwhile.
        return [];
      }
    });
}

/** Everything that descends from a process. */
export function descendants(root: number, all: readonly RunningProcess[] = processes()): RunningProcess[] {
  return all.filter(({ parent }) => parent === root).flatMap((child) => [child, ...descendants(child.pid, all)]);
}

export function parentOf(pid: number): number {
  return processes().find((one) => one.pid === pid)?.parent ?? 0;
}

export function isRunning(pid: number): boolean {
  return processes().some((one) => one.pid === pid);
}

/** Addresses, as the kernel writes them, on which these processes listen for TCP connections. */
export function listeningAddresses(pids: readonly number[]): string[] {
  const sockets = new Set(
    pids.flatMap((pid) => {
      try {
        return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
          try {
            return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
          } catch {
            return [];
          }
        });
      } catch {
        return [];
      }
    }),
  );
  const LISTEN = '0A';
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === LISTEN && sockets.has(`socket:[${fields[9]}]`))
      .map((fields) => fields[1]!.split(':')[0]!),
  );
}

/** Wait until it holds; false when it does not within so many milliseconds. */
export async function holds(condition: () => boolean, within: number): Promise<boolean> {
  for (const until = performance.now() + within; performance.now() < until;) {
    if (condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return condition();
}
