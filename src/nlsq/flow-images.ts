/**
 * Images of a flow: points that may fit as well because S depends on |γ̇·cos(φ0 − φ)| only.
 *
 * φ0 → 2φ_a − φ0 leaves the angle φ_a as it was; another φ0 with γ̇ scaled so that the slowest angle keeps its γ̇·cos leaves
 * that one as it was, often the only one whose decay is slow enough to be seen; γ̇ → −γ̇ leaves all of them, as far as
 * A·t^p + B can follow with A in its bounds. A minimum is often the image of a better one, so a search must look at the
 * images of what it found.
 */
import { cosDegrees, pow } from '../math/index.ts';
import type { ParameterValues } from '../model/transport-law.ts';
import { canonicalAngles } from './candidates.ts';
import type { CoordinateSystem } from './coordinates.ts';

/** Values of φ0 tried over its bounds beside the mirror images. */
const DIRECTIONS = 36;
/** Two directions closer than this are one, degrees. */
const SAME_DIRECTION = 0.5;
/** Factors by which a rate is scaled: far enough from 1 to matter, not so far that another angle would be the slowest. */
const SMALLEST_FACTOR = 1.1;
const LARGEST_FACTOR = 10;

/**
 * θ of the images of a point with respect to angles φ in degrees, moved into the bounds; empty without a free flow. The
 * first is the plain reversal, if there is one.
 */
export function flowImages(system: CoordinateSystem, values: ParameterValues, phi: Float64Array): Float64Array[] {
  const { free } = system;
  const turned = directions(system, values, phi).flatMap((phi0): ParameterValues[] => {
    const plain: ParameterValues = { ...values, phi0 };
    const factor = slowest(values['phi0']!, phi) / slowest(phi0, phi);
    const size = Math.max(factor, 1 / factor);
    if (!(size >= SMALLEST_FACTOR && size <= LARGEST_FACTOR)) return [plain];
    return [plain, { ...plain, ...scaledRate(system, values, factor) }];
  });
  const images = [values, ...turned];
  const reversed = images.flatMap((image) => reversedRate(system, image).map((rate) => ({ ...image, ...rate })));
  return [...reversed, ...turned]
    .map((image) =>
      Float64Array.from(free.names, (name, i) => Math.min(Math.max(image[name]!, free.lower[i]!), free.upper[i]!)),
    )
    .filter((theta) => theta.every(Number.isFinite));
}

/** Other values of φ0: its mirror image in each angle, by the half turn nearest to it inside the bounds, and a grid. */
function directions({ free }: CoordinateSystem, values: ParameterValues, phi: Float64Array): number[] {
  const i = free.names.indexOf('phi0');
  if (i < 0) return [];
  const bounds = [free.lower[i]!, free.upper[i]!] as const;
  const phi0 = values['phi0']!;
  const found: number[] = [];
  const add = (angle: number): void => {
    const near = angle - 180 * Math.round((angle - phi0) / 180);
    const inside = [near, near + 180, near - 180].find((value) => value >= bounds[0] && value <= bounds[1]);
    if (inside === undefined) return;
    if ([phi0, ...found].every((other) => Math.abs(other - inside) > SAME_DIRECTION)) found.push(inside);
  };
  phi.forEach((angle) => add(2 * angle - phi0));
  const [first, last] = canonicalAngles(bounds);
  for (let k = 0; k < DIRECTIONS; k++) add(first + ((k + 0.5) / DIRECTIONS) * (last - first));
  return found;
}

/** |cos| at the angle where the flow is seen slowest. */
function slowest(phi0: number, phi: Float64Array): number {
  return phi.reduce((least, angle) => Math.min(least, Math.abs(cosDegrees(phi0 - angle))), 1);
}

interface Shear {
  readonly amplitude: string;
  readonly exponent: string;
  readonly offset: string;
}

/** The shear rate, if all of it is free. */
function freeShear({ free, triples }: CoordinateSystem): Shear | null {
  const shear = triples.find(({ amplitude }) => amplitude !== 'D0');
  if (shear === undefined) return null;
  const { amplitude, exponent, offset } = shear;
  return [amplitude, exponent, offset].every((name) => free.names.includes(name)) ? shear : null;
}

function scaledRate(system: CoordinateSystem, values: ParameterValues, factor: number): ParameterValues {
  const shear = freeShear(system);
  if (shear === null) return {};
  return { [shear.amplitude]: values[shear.amplitude]! * factor, [shear.offset]: values[shear.offset]! * factor };
}

/** The shear rate reversed: a power law alone where that is positive at t_ref, else the same amplitude with −p. */
function reversedRate(system: CoordinateSystem, values: ParameterValues): ParameterValues[] {
  const shear = freeShear(system);
  if (shear === null) return [];
  const { amplitude, exponent, offset } = shear;
  const p = values[exponent]!;
  const power = values[amplitude]! * pow(system.referenceTime, p);
  const rate = power + values[offset]!;
  if (rate < 0) {
    const slope = (p * power) / rate;
    return [{ [amplitude]: -rate / pow(system.referenceTime, slope), [exponent]: slope, [offset]: 0 }];
  }
  return [{ [amplitude]: power / pow(system.referenceTime, -p), [exponent]: -p, [offset]: -rate - power }];
}
