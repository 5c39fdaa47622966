/**
 * Mirror images of a flow: points that fit nearly as well because S depends on |cos(φ0 − φ)| and is even in the strain.
 *
 * φ0 → 2φ_a − φ0 leaves the angle φ_a as it was, and γ̇ → −γ̇ leaves all of them, as far as A·t^p + B can follow with A in its
 * bounds: a reversed rate is given the slope at t_ref of the one it mirrors. A minimum that is the image of a better one is
 * common, so a search must look at the images of what it found.
 */
import { pow } from '../math/index.ts';
import type { ParameterValues } from '../model/transport-law.ts';
import type { CoordinateSystem } from './coordinates.ts';

/** Images closer than this to another one are left out, degrees. */
const SAME_ANGLE = 0.5;

/** θ of the mirror images of a point with respect to angles φ in degrees, inside the bounds; empty without a free flow. */
export function mirrorImages(system: CoordinateSystem, values: ParameterValues, phi: Float64Array): Float64Array[] {
  const { free } = system;
  const directions = mirroredDirections(system, values, phi);
  const rates = [{}, ...reversedRates(system, values)];
  const images = rates.flatMap((rate) =>
    directions.map((direction): ParameterValues => ({ ...values, ...rate, ...direction })),
  );
  // The first is the point itself.
  return images
    .slice(1)
    .map((image) =>
      Float64Array.from(free.names, (name, i) => Math.min(Math.max(image[name]!, free.lower[i]!), free.upper[i]!)),
    );
}

/** φ0 as it is, then its mirror images in each angle: the half turn nearest to φ0 that is inside the bounds. */
function mirroredDirections({ free }: CoordinateSystem, values: ParameterValues, phi: Float64Array): ParameterValues[] {
  const i = free.names.indexOf('phi0');
  if (i < 0) return [{}];
  const phi0 = values['phi0']!;
  const found = [phi0];
  for (const angle of phi) {
    const image = 2 * angle - phi0;
    const near = image - 180 * Math.round((image - phi0) / 180);
    const inside = [near, near + 180, near - 180].find((value) => value >= free.lower[i]! && value <= free.upper[i]!);
    if (inside === undefined || found.some((other) => Math.abs(other - inside) <= SAME_ANGLE)) continue;
    found.push(inside);
  }
  return found.map((value) => ({ phi0: value }));
}

/** The shear rate reversed: a power law alone where that is positive at t_ref, else the same amplitude with −p. */
function reversedRates({ free, triples, referenceTime }: CoordinateSystem, values: ParameterValues): ParameterValues[] {
  const shear = triples.find(({ amplitude }) => amplitude !== 'D0');
  if (shear === undefined) return [];
  const { amplitude, exponent, offset } = shear;
  if (![amplitude, exponent, offset].every((name) => free.names.includes(name))) return [];
  const p = values[exponent]!;
  const power = values[amplitude]! * pow(referenceTime, p);
  const rate = power + values[offset]!;
  if (rate < 0) {
    const slope = (p * power) / rate;
    return [{ [amplitude]: -rate / pow(referenceTime, slope), [exponent]: slope, [offset]: 0 }];
  }
  return [{ [amplitude]: power / pow(referenceTime, -p), [exponent]: -p, [offset]: -rate - power }];
}
