/**
 * The posterior predictive check: cuts of c2 along lag, as the draws predict them and as they were measured.
 *
 * A cut is one row c2(t1, t1 + lag) of one angle: near the first frame, the middle and two thirds of the window. A draw s
 * predicts N(offset_s + contrast_s·M(θ_s), σ_s²) for a point, so the probability of a replicate below the measured value
 * is the mean over the draws of Φ((c2 − model_s)/σ_s): no noise is simulated for it (Gelman et al., Bayesian Data Analysis,
 * 3rd ed., section 6.3). The shares are those of points whose probability lies in the central 50, 90 and 95 %.
 */
import { readRows, type TriangleStack } from '../../kernels/index.ts';
import { fillNormals, fold } from '../../math/index.ts';
import { makeTimeGrid, pairValue, type TwoTimeModel } from '../../model/index.ts';
import { normalCdf } from '../distributions/normal.ts';
import type { SampledPosterior } from '../sampling/index.ts';
import { streamKey } from '../streams.ts';
import { drawsPerChain, mostLags, pickLags, spreadEvenly } from './picked.ts';
import type { PosteriorPredictive, PredictiveCut, PredictiveShares } from './predictive.ts';

export interface PredictiveInput {
  readonly sampled: Pick<SampledPosterior, 'posterior' | 'quantities' | 'settings'>;
  readonly model: TwoTimeModel;
  readonly data: TriangleStack;
}

/** Rows that are looked at, as shares of the window. */
const AGES = [0, 1 / 2, 2 / 3] as const;

/** Cuts at all angles. A pure function of draws, data and seed. Throws `InputRefused` when the data cannot be read. */
export function posteriorPredictive({ sampled, model, data }: PredictiveInput): PosteriorPredictive {
  const { angles } = data;
  const places = placesOf(data);
  const { grid } = model;
  const frames = [...new Set(places.flatMap(({ frame, partners }) => [frame, ...partners]))].sort((a, b) => a - b);
  const at = new Map(frames.map((frame, k) => [frame, k]));
  const few = model.on(
    makeTimeGrid(
      grid.dt,
      grid.t0,
      Float64Array.from(frames, (frame) => grid.positions[frame]!),
    ),
  );
  const draws = drawsOf(sampled, angles);
  const cuts = places.map((place): PredictiveCut => ({
    angle: place.angle,
    frame: place.frame,
    time: grid.times[place.frame]!,
    lags: Float64Array.from(place.partners, (j) => grid.times[j]! - grid.times[place.frame]!),
    observed: place.observed,
    model: new Float64Array(draws.length * place.partners.length),
    replicate: new Float64Array(draws.length * place.partners.length),
    pit: new Float64Array(place.partners.length),
  }));
  const pairs = places.map(({ frame, partners }) => ({
    i: at.get(frame)!,
    partners: Int32Array.from(partners, (j) => at.get(j)!),
  }));
  const key = streamKey(sampled.settings.seed, 'predictive');
  draws.forEach(({ theta, contrast, offset, sigma }, s) => {
    const { pairFunction, kappa, c, g, h } = few.physics(sampled.posterior.free.values(theta));
    cuts.forEach(({ angle: a, observed, model: predicted, replicate, pit }, n) => {
      const { i, partners } = pairs[n]!;
      const [slope, base, noise] = [contrast[a]!, offset[a]!, sigma[a]!];
      const from = s * partners.length;
      const row = replicate.subarray(from, from + partners.length);
      fillNormals(fold(fold(key, n), s), row);
      for (let k = 0; k < partners.length; k++) {
        const j = partners[k]!;
        const m = pairValue(pairFunction, kappa, c[j]! - c[i]!, g === null ? 0 : g[j]! - g[i]!, h[a]!);
        const value = base + slope * m;
        predicted[from + k] = value;
        row[k] = value + noise * row[k]!;
        pit[k] = pit[k]! + normalCdf((observed[k]! - value) / noise) / draws.length;
      }
    });
  });
  return {
    draws: draws.length,
    cuts,
    angles: Array.from({ length: angles }, (_, a) => sharesOf(cuts.filter(({ angle }) => angle === a))),
  };
}

/** A cut before anything is predicted for it. */
interface Place {
  readonly angle: number;
  readonly frame: number;
  /** Second frames. */
  readonly partners: readonly number[];
  readonly observed: Float64Array;
}

function placesOf(data: TriangleStack): Place[] {
  const { frames, angles, excluded } = data;
  const most = mostLags(AGES.length * angles);
  const places: Place[] = [];
  const buffer = new Float32Array(frames);
  for (let angle = 0; angle < angles; angle++) {
    const wanted = AGES.map((share) => Math.min(frames - 2, Math.floor(share * frames)));
    const rows = new Set(
      wanted.map((first) => (excluded[angle] === 0 ? first : nearestGood(data, angle, first, buffer))),
    );
    for (const frame of rows) {
      const row = readRows(data, angle, frame, frame + 1, buffer);
      const lags = pickLags(row.length, most);
      places.push({
        ...{ angle, frame, partners: lags.map((lag) => frame + lag) },
        observed: Float64Array.from(lags, (lag) => row[lag - 1]!),
      });
    }
  }
  return places;
}

/** The first row from `first` on, and then from the start, with at least half of its pairs; else that with the most. */
function nearestGood(data: TriangleStack, angle: number, first: number, buffer: Float32Array): number {
  const rows = data.frames - 1;
  let best = { frame: first, pairs: -1 };
  for (let n = 0; n < rows; n++) {
    const frame = (first + n) % rows;
    const row = readRows(data, angle, frame, frame + 1, buffer);
    const pairs = row.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0);
    if (2 * pairs >= row.length) return frame;
    if (pairs > best.pairs) best = { frame, pairs };
  }
  return best.frame;
}

interface PredictiveDraw {
  /** Free parameters, shape (n); contrast, offset and σ per angle, shape (P). */
  readonly theta: Float64Array;
  readonly contrast: Float64Array;
  readonly offset: Float64Array;
  readonly sigma: Float64Array;
}

/** Draws taken evenly from every chain, one chain after the other. */
function drawsOf({ posterior, quantities }: PredictiveInput['sampled'], angles: number): PredictiveDraw[] {
  const byName = new Map(quantities.map(({ name, draws }) => [name, draws]));
  const { guess } = posterior.marginal;
  const chains = quantities[0]!.draws;
  const { length } = chains[0]!;
  const taken = spreadEvenly(length, drawsPerChain(chains.length, length, AGES.length * angles));
  return chains.flatMap((_, chain) =>
    Array.from(taken, (n): PredictiveDraw => {
      const of = (name: string): number | undefined => byName.get(name)?.[chain]?.[n];
      const perAngle = (name: string, held: ArrayLike<number>): Float64Array =>
        Float64Array.from({ length: angles }, (_, a) => of(`${name}[${a}]`) ?? held[a]!);
      return {
        theta: Float64Array.from(posterior.free.names, (name) => of(name)!),
        contrast: perAngle('contrast', guess.contrast),
        offset: perAngle('offset', guess.offset),
        sigma: perAngle('sigma', []),
      };
    }),
  );
}

function sharesOf(cuts: readonly PredictiveCut[]): PredictiveShares {
  const pit = cuts.flatMap((cut) => Array.from(cut.pit)).filter((value) => !Number.isNaN(value));
  const within = (level: number): number =>
    pit.filter((value) => Math.abs(value - 0.5) <= 0.5 * level).length / pit.length;
  return { points: pit.length, within50: within(0.5), within90: within(0.9), within95: within(0.95) };
}
