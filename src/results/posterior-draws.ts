/** The draws of a posterior as arrays over (chain, draw) and angle, as its files hold them. */
import { logDensities, type Draw, type Quantity, type SampledPosterior } from '../bayes/index.ts';
import { parameterInfo } from '../model/index.ts';

/** Numbers over (chain, draw), or (chain, draw, angle), row-major. */
export interface DrawArray {
  readonly name: string;
  /** Empty for pure numbers. */
  readonly unit: string;
  readonly meaning: string;
  readonly perAngle: boolean;
  readonly data: Float64Array;
}

export interface DrawArrays {
  readonly chains: number;
  /** Per chain. */
  readonly draws: number;
  /** Parameters that move in the order of the model, then contrast, offset and sigma; the first two not where they are held. */
  readonly arrays: readonly DrawArray[];
  /** ln density up to a constant; null where the draws have none. */
  readonly logDensity: Float64Array | null;
  /** What the sampler knows of each draw, by chain; null without chains. */
  readonly steps: readonly Draw[] | null;
}

const PER_ANGLE = ['contrast', 'offset', 'sigma'] as const;

export function drawArrays(sampled: SampledPosterior): DrawArrays {
  const { quantities, posterior } = sampled;
  const byName = new Map(quantities.map((quantity) => [quantity.name, quantity]));
  const [first] = quantities;
  const [chains, draws] = [first!.draws.length, first!.draws[0]!.length];
  const angles = quantities.filter(({ name }) => name.startsWith('sigma[')).length;
  const parameters = posterior.free.moving.map((name): DrawArray => {
    const { unit, meaning } = parameterInfo(name);
    return { name, unit, meaning, perAngle: false, data: interleaved([byName.get(name)!], chains, draws) };
  });
  const perAngle = PER_ANGLE.filter((name) => byName.has(`${name}[0]`)).map((name): DrawArray => {
    const own = Array.from({ length: angles }, (_, a) => byName.get(`${name}[${a}]`)!);
    const meaning = name === 'sigma' ? 'noise of one point of c2' : parameterInfo(name).meaning;
    return { name, unit: '', meaning, perAngle: true, data: interleaved(own, chains, draws) };
  });
  const densities = logDensities(sampled);
  return {
    ...{ chains, draws, arrays: [...parameters, ...perAngle] },
    logDensity: densities === null ? null : Float64Array.from(densities.flatMap((chain) => Array.from(chain))),
    steps: sampled.chains?.chains.flatMap((chain) => chain.draws.slice(0, draws)) ?? null,
  };
}

/** Shape (chains, draws, quantities). */
function interleaved(quantities: readonly Quantity[], chains: number, draws: number): Float64Array {
  const width = quantities.length;
  const all = new Float64Array(chains * draws * width);
  quantities.forEach((quantity, q) => {
    quantity.draws.forEach((chain, c) => {
      for (let d = 0; d < draws; d++) all[(c * draws + d) * width + q] = chain[d]!;
    });
  });
  return all;
}
