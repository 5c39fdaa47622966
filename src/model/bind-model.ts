/** Bind the physics to one experiment: wavevector, gap, angles and times. */
import { Defect } from '../base/errors.ts';
import { cosDegrees, sinDegrees } from '../math/index.ts';
import { homodyne2ShearLaw, homodyne2TransportLaw } from './homodyne2-laws.ts';
import { physicalParameters, valueOf } from './parameters.ts';
import { publishedShearLaw, publishedTransportLaw } from './published-laws.ts';
import type { TimeGrid } from './time-grid.ts';
import type { ParameterValues, TransportLaw } from './transport-law.ts';
import type { Convention, Mode, Physics, Sensitivities, TwoTimeModel } from './two-time-model.ts';

const RADIANS_PER_DEGREE = Math.PI / 180;
const TWO_PI = 2 * Math.PI;

export interface Experiment {
  readonly mode: Mode;
  readonly convention: Convention;
  /** Wavevector, 1/Å. */
  readonly q: number;
  /** Rotor–stator gap, Å; may be null in static mode. */
  readonly gap: number | null;
  /** Azimuthal angles, degrees, shape (P). */
  readonly phi: Float64Array;
  readonly grid: TimeGrid;
}

/** The two laws of a model; a new J(t) or γ̇(t) is passed here. */
export interface TransportLaws {
  readonly transport: TransportLaw;
  readonly shear: TransportLaw;
}

const LAWS: Readonly<Record<Convention, TransportLaws>> = {
  published: { transport: publishedTransportLaw, shear: publishedShearLaw },
  homodyne2: { transport: homodyne2TransportLaw, shear: homodyne2ShearLaw },
};

/** The model of an experiment. `laws` replaces the laws of the convention. */
export function bindModel(experiment: Experiment, laws: TransportLaws = LAWS[experiment.convention]): TwoTimeModel {
  const { mode, convention, q, gap, phi, grid } = experiment;
  if (!(q > 0) || !Number.isFinite(q)) throw new Defect(`a model needs a wavevector q > 0, not ${q}`);
  const sheared = mode === 'laminar_flow';
  if (sheared && (gap === null || !(gap > 0) || !Number.isFinite(gap))) {
    throw new Defect(`mode laminar_flow needs a gap > 0, not ${gap}`);
  }
  const kappa = convention === 'published' ? q * q : q * q * grid.dt;
  const amplitude =
    !sheared || gap === null ? 0 : convention === 'published' ? 0.5 * q * gap : (q * gap * grid.dt) / TWO_PI;
  const parameters = sheared
    ? [...laws.transport.parameters, ...laws.shear.parameters, 'phi0']
    : [...laws.transport.parameters];

  function shearFactors(values: ParameterValues): Float64Array {
    if (!sheared) return new Float64Array(phi.length);
    const phi0 = valueOf(values, 'phi0');
    return phi.map((angle) => amplitude * cosDegrees(phi0 - angle));
  }

  return {
    mode,
    convention,
    q,
    gap,
    phi,
    grid,
    parameters,
    physics(values: ParameterValues): Physics {
      return {
        pairFunction: convention,
        kappa,
        c: laws.transport.cumulative(values, grid),
        g: sheared ? laws.shear.cumulative(values, grid) : null,
        h: shearFactors(values),
      };
    },
    sensitivities(values: ParameterValues, free: readonly string[]): Sensitivities {
      const unknown = free.find((name) => !parameters.includes(name));
      if (unknown !== undefined) throw new Defect(`the ${mode} model has no parameter named ${unknown}`);
      const phi0 = sheared && free.includes('phi0') ? valueOf(values, 'phi0') : null;
      return {
        c: namedVectors(laws.transport, values, grid, free),
        g: sheared ? namedVectors(laws.shear, values, grid, free) : [],
        h:
          phi0 === null
            ? []
            : [
                {
                  parameter: 'phi0',
                  vector: phi.map((angle) => -amplitude * RADIANS_PER_DEGREE * sinDegrees(phi0 - angle)),
                },
              ],
      };
    },
    frameAtZero(values) {
      return {
        c: laws.transport.cumulativeAtZero(values, grid),
        g: sheared ? laws.shear.cumulativeAtZero(values, grid) : null,
      };
    },
    transportRate: (values, t) => laws.transport.rate(values, t, grid),
    shearRate: (values, t) => (sheared ? laws.shear.rate(values, t, grid) : 0),
    on: (other) => bindModel({ ...experiment, grid: other }, laws),
  };
}

function namedVectors(
  law: TransportLaw,
  values: ParameterValues,
  grid: TimeGrid,
  free: readonly string[],
): { readonly parameter: string; readonly vector: Float64Array }[] {
  const wanted = law.parameters.map((parameter) => free.includes(parameter));
  if (!wanted.includes(true)) return [];
  return law
    .sensitivities(values, grid)
    .map((vector, index) => ({ parameter: law.parameters[index]!, vector }))
    .filter((_entry, index) => wanted[index] === true);
}

/** The names of a mode's physical parameters with the built-in laws. */
export function physicalParameterNames(mode: Mode): readonly string[] {
  return physicalParameters(mode).map((info) => info.name);
}
