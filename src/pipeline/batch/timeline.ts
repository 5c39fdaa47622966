/** Who worked when, and who waited for whom: spans of the stages of a batch. */
import type { StageTimes } from '../../results/index.ts';

export type StageName = 'load' | 'fit' | 'sample' | 'write';

/** s since the timeline began. */
export interface Span {
  readonly stage: StageName;
  readonly job: string;
  readonly start: number;
  readonly end: number;
}

export class Timeline {
  readonly spans: Span[] = [];
  /** ms since 1970, by the clock that only goes forward. */
  readonly began: number = absoluteNow();
  readonly #waited = { load: 0, fit: 0, sample: 0, write: 0 };

  /** Seconds since it began. */
  now(): number {
    return (absoluteNow() - this.began) / 1000;
  }

  async working<T>(stage: StageName, job: string, work: () => Promise<T>): Promise<T> {
    const start = this.now();
    try {
      return await work();
    } finally {
      this.spans.push({ stage, job, start, end: this.now() });
    }
  }

  /** Take in spans of another thread, s since `began`. */
  add(spans: readonly Span[], began: number): void {
    const shift = (began - this.began) / 1000;
    this.spans.push(...spans.map((span) => ({ ...span, start: span.start + shift, end: span.end + shift })));
  }

  async waiting<T>(stage: StageName, wait: () => Promise<T>): Promise<T> {
    const start = this.now();
    try {
      return await wait();
    } finally {
      this.#waited[stage] += this.now() - start;
    }
  }

  /** Seconds a job spent in a stage. */
  secondsOf(job: string, stage: StageName): number {
    const span = this.spans.findLast((one) => one.job === job && one.stage === stage);
    return span === undefined ? 0 : span.end - span.start;
  }

  times(): StageTimes {
    const total = this.now();
    const worked = (stage: StageName): number =>
      this.spans.reduce((sum, span) => sum + (span.stage === stage ? span.end - span.start : 0), 0);
    return {
      total,
      load: worked('load'),
      fit: worked('fit'),
      sample: worked('sample'),
      write: worked('write'),
      fitWaited: this.#waited.fit,
      loadWaited: this.#waited.load,
      writeWaited: this.#waited.write + this.#waited.sample,
      outside: total - covered(this.spans),
    };
  }
}

/** The same instant is the same number in every thread. */
function absoluteNow(): number {
  return performance.timeOrigin + performance.now();
}

/** Seconds covered by at least one span. */
function covered(spans: readonly Span[]): number {
  let sum = 0;
  let until = 0;
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    sum += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return sum;
}
