/**
 * The relaxation time of a fit: the lag in which c2 falls by e through diffusion, at the mean rate of the window.
 *
 *   τ = 1/(q²·J̄),   J̄ = (1/T)·∫ (D0·t^alpha + D_offset) dt over the window [t1, t1 + T]
 */
import { powerIntegral } from '../model/power-integral.ts';
import type { ResultRecord } from './result-record.ts';

export interface Relaxation {
  /** s. */
  readonly time: number;
  /** One standard error; null when more than one parameter of J was fitted, since their errors are correlated. */
  readonly error: number | null;
}

/** Null where the mean rate is not positive, or not known. */
export function relaxationOf(record: ResultRecord): Relaxation | null {
  const { parameters, support, q, shownErrors } = record;
  const value = (name: string): number => parameters[name]?.value ?? Number.NaN;
  const dt = support.dt.value;
  const first = support.t0.value + dt * support.excluded.frameAtTimeZero;
  const length = (support.frames[1] - support.frames[0]) * dt;
  if (!(first > 0) || !(length > 0)) return null;
  const power = powerIntegral(value('alpha'), first, Float64Array.of(first + length));
  const [share, slope] = [power.value[0]! / length, power.slope[0]! / length];
  const rate = value('D0') * share + value('D_offset');
  if (!(rate > 0) || !Number.isFinite(rate)) return null;
  const time = 1 / (q.value * q.value * rate);
  const slopes = { D0: share, alpha: value('D0') * slope, D_offset: 1 };
  const fitted = Object.entries(slopes).filter(([name]) => parameters[name]?.vary === true);
  const [only] = fitted;
  const kind = shownErrors === 'speckle' ? 'speckle' : 'independent';
  const error = only === undefined ? null : (parameters[only[0]]?.uncertainty[kind] ?? null);
  if (fitted.length !== 1 || only === undefined || error === null) return { time, error: null };
  return { time, error: (time * Math.abs(only[1]) * error) / rate };
}
