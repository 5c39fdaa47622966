/**
 * `samples.npz`: the draws of a posterior for NumPy.
 *
 * | array | shape | |
 * |---|---|---|
 * | D0, alpha, … | (chains, draws) | parameters that move, in their units |
 * | contrast, offset, sigma | (chains, draws, P) | per angle; σ is the noise of one point. Without the first two where they are held |
 * | names, units | (K) | of the parameters, in the order of the model |
 * | phi (deg) | (P) | |
 * | log_density | (chains, draws) | ln posterior density in the sampling coordinates, up to a constant |
 * | diverging | (chains, draws) int32 | 1 where the trajectory diverged; chains only |
 */
import { npzArray, type NpzMember } from '../data/index.ts';
import { drawArrays } from './posterior-draws.ts';
import type { PosteriorFilesInput } from './write-posterior.ts';

/** The members of `samples.npz` in order. */
export function posteriorArrays({ sampled, dataset }: Pick<PosteriorFilesInput, 'sampled' | 'dataset'>): NpzMember[] {
  const { chains, draws, arrays, logDensity, steps } = drawArrays(sampled);
  const plain = [chains, draws];
  const parameters = arrays.filter(({ perAngle }) => !perAngle);
  return [
    ...arrays.map(({ name, perAngle, data }) =>
      npzArray(name, data, perAngle ? [...plain, dataset.phi.length] : plain),
    ),
    { name: 'names', text: parameters.map(({ name }) => name) },
    { name: 'units', text: parameters.map(({ unit }) => unit) },
    npzArray('phi', dataset.phi),
    ...(logDensity === null ? [] : [npzArray('log_density', logDensity, plain)]),
    ...(steps === null
      ? []
      : [
          npzArray(
            'diverging',
            Int32Array.from(steps, (step) => Number(step.diverging)),
            plain,
          ),
        ]),
  ];
}
