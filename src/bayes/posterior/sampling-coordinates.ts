/**
 * The coordinates z that are sampled: rates in their natural triples, everything else unbound, with the Jacobian.
 *
 * A triple is bent when its three members are free and no other parameter follows one of them. Its box is then a wall:
 * the density is 0 beyond. A triple that leans on a wall is better sampled `straight`, each member with a coordinate of
 * its own in which the bounds lie at infinity.
 */
import type { ParameterValues } from '../../model/transport-law.ts';
import type { CoordinateSystem } from '../../nlsq/coordinates.ts';
import { boundedCoordinate, type BoundedCoordinate } from '../priors/index.ts';
import { rateCoordinates, type RateCoordinates } from './rate-coordinates.ts';

/** Free parameters at one z. */
export interface Place {
  /** Values of the free parameters in the user's units, shape (n). */
  readonly theta: Float64Array;
  /** ∂θ/∂z, shape (n, n) row-major. */
  readonly jacobian: Float64Array;
  /** ln |det ∂θ/∂z| and its gradient in z. */
  readonly logDeterminant: number;
  readonly logDeterminantSlope: Float64Array;
}

export interface SamplingCoordinates {
  /** For tables: `lnF(D0)`, `logit(phi0)`, …, shape (n). */
  readonly names: readonly string[];
  /** The bent triples, as the fit names them: amplitude and indices of their members in θ (and of their coordinates in z). */
  readonly bent: readonly {
    readonly amplitude: string;
    readonly indices: readonly [number, number, number];
    readonly form: RateCoordinates['form'];
  }[];
  at(z: Float64Array): Place;
  /** z of θ; NaN where the coordinates do not reach. */
  locate(theta: Float64Array): Float64Array;
}

export interface CoordinateChoice {
  readonly system: CoordinateSystem;
  /** Where a form of the triples is chosen, usually the best fit. */
  readonly values: ParameterValues;
  /** Where the density of each free parameter ends: bounds and limits of priors, shape (n). */
  readonly limits: readonly { readonly lower: number; readonly upper: number }[];
  /** Amplitudes of triples whose members get coordinates of their own. */
  readonly straight?: ReadonlySet<string> | undefined;
  /** Parameters to be sampled on a logarithmic scale between positive bounds. */
  readonly logarithmic?: ReadonlySet<string> | undefined;
}

const FORM_NAMES: Readonly<Record<RateCoordinates['form'], readonly [string, string, string]>> = {
  log: ['lnF', 's', 'u'],
  slope: ['F', 'sF', 'lnP'],
  signed: ['F', 'p', 'P'],
};

export function samplingCoordinates(choice: CoordinateChoice): SamplingCoordinates {
  const { system, values, limits, straight = new Set(), logarithmic = new Set() } = choice;
  const { free } = system;
  const n = free.names.length;
  const names = [...free.names];
  const triples: { amplitude: string; indices: readonly [number, number, number]; rate: RateCoordinates }[] = [];
  for (const triple of system.triples) {
    const members = [triple.amplitude, triple.exponent, triple.offset];
    const indices = members.map((name) => free.names.indexOf(name)) as [number, number, number];
    if (straight.has(triple.amplitude) || indices.some((i) => i < 0) || members.some((name) => free.isFollowed(name)))
      continue;
    const rate = rateCoordinates(triple, values, system.referenceTime);
    triples.push({ amplitude: triple.amplitude, indices, rate });
    indices.forEach((i, k) => (names[i] = `${FORM_NAMES[rate.form][k]!}(${triple.amplitude})`));
  }
  const covered = new Set(triples.flatMap(({ indices }) => indices));
  const single: { i: number; coordinate: BoundedCoordinate }[] = [];
  free.names.forEach((name, i) => {
    if (covered.has(i)) return;
    single.push({ i, coordinate: boundedCoordinate(limits[i]!.lower, limits[i]!.upper, logarithmic.has(name)) });
    names[i] = `unbound(${name})`;
  });

  const at = (z: Float64Array): Place => {
    const theta = new Float64Array(n);
    const jacobian = new Float64Array(n * n);
    const logDeterminantSlope = new Float64Array(n);
    let logDeterminant = 0;
    for (const { indices, rate } of triples) {
      const place = rate.at(z[indices[0]]!, z[indices[1]]!, z[indices[2]]!);
      logDeterminant += place.logDeterminant;
      indices.forEach((i, row) => {
        theta[i] = place.members[row]!;
        logDeterminantSlope[i] = place.logDeterminantSlope[row]!;
        indices.forEach((j, column) => (jacobian[i * n + j] = place.jacobian[row * 3 + column]!));
      });
    }
    for (const { i, coordinate } of single) {
      const { x, slope, logSlope, logSlopeSlope } = coordinate.at(z[i]!);
      theta[i] = x;
      jacobian[i * n + i] = slope;
      logDeterminant += logSlope;
      logDeterminantSlope[i] = logSlopeSlope;
    }
    return { theta, jacobian, logDeterminant, logDeterminantSlope };
  };

  const locate = (theta: Float64Array): Float64Array => {
    const z = new Float64Array(n);
    for (const { indices, rate } of triples) {
      const found = rate.locate(theta[indices[0]]!, theta[indices[1]]!, theta[indices[2]]!);
      indices.forEach((i, k) => (z[i] = found[k]!));
    }
    for (const { i, coordinate } of single) z[i] = coordinate.locate(theta[i]!);
    return z;
  };
  return {
    names,
    bent: triples.map(({ amplitude, indices, rate }) => ({ amplitude, indices, form: rate.form })),
    at,
    locate,
  };
}
