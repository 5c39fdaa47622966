/** Draw the figures of a synthetic fit by name. */
import { crc32, deflateSync } from 'node:zlib';
import { drawFigures } from '../../src/plots/index.ts';
import type { FigureInput } from '../../src/plots/index.ts';
import type { SyntheticFit } from './synthetic-fit.ts';

export function figuresOf(fit: SyntheticFit, change: Partial<FigureInput> = {}): Map<string, string> {
  const facts = {
    dataset: 'sheared-suspension.h5',
    q: fit.dataset.q,
    phi: Array.from(fit.dataset.phi),
    convention: fit.model.convention,
    status: fit.outcome.status,
    digest: '0123456789abcdef'.repeat(4),
    version: '0.1.0',
  };
  const input: FigureInput = {
    dataset: fit.dataset,
    model: fit.model,
    outcome: fit.outcome,
    sigma: fit.noise.sigma,
    shape: fit.shape,
    facts,
    codec: { deflate: (bytes) => deflateSync(bytes), crc32 },
    ...change,
  };
  const figures = Array.from(drawFigures(input)).filter((figure) => figure !== null);
  return new Map(figures.map(({ name, svg }) => [name, svg]));
}
