/**
 * Starting from a neighbour: which earlier job gives a job its start values.
 *
 * The neighbour is that of the same q in the nearest earlier file, or else of the nearest earlier q in the same file, whose
 * fit converged. Which one that is follows from the plan and the results alone, not from when jobs end.
 */
import type { Config, Origin } from '../../config/index.ts';
import type { JobRecord } from '../../results/index.ts';

export interface NeighbourStart {
  /** Name of the job. */
  readonly from: string;
  /** By parameter, in its unit. */
  readonly values: Readonly<Record<string, number>>;
}

/** Two rings count as the same within this share of q. */
const SAME_Q = 0.01;
/** A neighbour's minimum, and one of a scan: what tells that the first was followed into a false one. */
const STARTS = 2;

type Place = Pick<JobRecord, 'name' | 'config' | 'path' | 'q'>;

export class WarmStarts {
  /** Of each configuration the files in their order, each with its jobs. */
  readonly #files = new Map<string, Map<string, Place[]>>();
  readonly #found = new Map<string, Readonly<Record<string, number>>>();

  /** `jobs` in the order of the plan; those that have a result already can be neighbours. */
  constructor(jobs: Iterable<JobRecord>) {
    for (const job of jobs) this.add(job);
  }

  /** A job of a file that is known, or the first of one that comes after all others. */
  add({ name, config, path, q, result }: JobRecord): void {
    if (result?.fit === 'converged') this.note(name, Object.entries(result.parameters));
    const files = this.#files.get(config) ?? new Map<string, Place[]>();
    this.#files.set(config, files);
    const jobs = files.get(path) ?? [];
    files.set(path, jobs);
    if (!jobs.some((one) => one.name === name)) jobs.push({ name, config, path, q });
  }

  /** A fit that converged: its parameters. */
  note(name: string, parameters: Iterable<readonly [string, { readonly value: number | null }]>): void {
    const values = [...parameters].flatMap(([parameter, { value }]) => (value === null ? [] : [[parameter, value]]));
    this.#found.set(name, Object.fromEntries(values) as Record<string, number>);
  }

  /** Null when no earlier job can be followed. */
  of(job: Place): NeighbourStart | null {
    const files = [...(this.#files.get(job.config) ?? [])];
    const own = files.findIndex(([path]) => path === job.path);
    const sameRing = files
      .slice(0, Math.max(own, 0))
      .reverse()
      .flatMap(([, jobs]) => jobs.filter((one) => isSameRing(one.q, job.q)));
    const siblings = files[own]?.[1] ?? [];
    const before = siblings
      .slice(
        0,
        Math.max(
          siblings.findIndex(({ name }) => name === job.name),
          0,
        ),
      )
      .reverse();
    for (const { name } of [...sameRing, ...before]) {
      const values = this.#found.get(name);
      if (values !== undefined) return { from: name, values };
    }
    return null;
  }
}

function isSameRing(a: number | null, b: number | null): boolean {
  if (a === null || b === null) return a === b;
  return Math.abs(a - b) <= SAME_Q * b;
}

/** The configuration of a job that begins with the values of another; where each came from is noted in it. */
export function startedFrom(config: Config, { from, values }: NeighbourStart): Config {
  const origin: Origin = `job ${from}`;
  const origins = new Map(config.origins);
  const parameters = Object.entries(config.parameters).map(([name, one]): [string, typeof one] => {
    const value = values[name];
    if (value === undefined || !one.vary || one.tie !== null) return [name, one];
    origins.set(`parameters.${name}.value`, origin);
    return [name, { ...one, value }];
  });
  const starts = Math.min(config.fit.starts, STARTS);
  if (starts < config.fit.starts) origins.set('fit.starts', origin);
  return withOwnStart({
    ...config,
    parameters: Object.fromEntries(parameters),
    fit: { ...config.fit, starts },
    origins,
  });
}

/** What a run is asked is whole in itself: it has no neighbours. */
export function withOwnStart(config: Config): Config {
  return { ...config, fit: { ...config.fit, start: 'own' } };
}
