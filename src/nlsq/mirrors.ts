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
  return rates.flatMap((rate, r) =>
    directions.flatMap((direction, d) => {
      if (r === 0 && d === 0) return [];
      const image: ParameterValues = { ...values, ...rate, ...direction };
      return [free.names.map((name, i) => Math.min(Math.max(image[name]!, free.lower[i]!), free.upper[i]!))];
    }),
  ).map((theta) => Float64Array.from(theta));
}

/** φ0 as it is, then its mirror images in each angle, brought into the bounds by half turns. */
function mirroredDirections({ free }: CoordinateSystem, values: ParameterValues, phi: Float64Array): ParameterValues[] {
  const i = free.names.indexOf('phi0');
  if (i < 0) return [{}];
  const found = [values['phi0']!];
  for (const angle of phi) {
    const image = 2 * angle - values['phi0']!;
    const inside = image + 180 * Math.ceil((free.lower[i]! - image) / 180);
    const isNew = found.every((other) => Math.abs(other - inside) > SAME_ANGLE);
    if (inside <= free.upper[i]! && isNew) found.push(inside);
  }
  return found.map((phi0) => ({ phi0 }));
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
