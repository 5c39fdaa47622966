/** Group the matrices of a file by wavevector, and choose the one ring a fit uses. */
import { InputRefused } from '../base/errors.ts';
import type { Warning } from '../base/events.ts';
import type { MatrixEntry } from './matrix-source.ts';
import { listNumbers } from './wording.ts';

export interface Ring {
  /** 1/Å, that of the ring's first matrix; null if the file does not say. */
  readonly q: number | null;
  /** Indices into the list of matrices, ascending. */
  readonly members: readonly number[];
}

/** Bins whose q differ by no more than this belong to one ring. */
const SAME_Q = 1e-6;
/** A requested q must be this near to a ring. */
const NEAR_Q = 0.01;

/** Rings in ascending q; one ring with q null if the file says no q. */
export function groupRings(matrices: readonly MatrixEntry[]): Ring[] {
  const byQ = [...matrices.keys()].toSorted((a, b) => (matrices[a]!.q ?? 0) - (matrices[b]!.q ?? 0) || a - b);
  const groups: number[][] = [];
  for (const k of byQ) {
    const q = matrices[k]!.q;
    const group = groups.at(-1);
    if (group !== undefined && sameRing(matrices[group[0]!]!.q, q)) group.push(k);
    else groups.push([k]);
  }
  return groups.map((group) => {
    const members = group.toSorted((a, b) => a - b);
    return { q: matrices[members[0]!]!.q, members };
  });
}

function sameRing(reference: number | null, q: number | null): boolean {
  if (reference === null || q === null) return reference === q;
  return q - reference <= SAME_Q * reference;
}

function distanceTo(requested: number, { q }: Pick<Ring, 'q'>): number {
  return Math.abs((q ?? NaN) - requested) / Math.abs(requested);
}

function saysQ<R extends Pick<Ring, 'q'>>(ring: R): ring is R & { readonly q: number } {
  return ring.q !== null;
}

/** The ring within 1 % of the requested q, of a file that says them. Throws `InputRefused` where there is none. */
export function nearestRing<R extends Pick<Ring, 'q'>>(
  file: string,
  rings: readonly R[],
  requested: number,
): R & { readonly q: number } {
  const nearest = rings.toSorted((a, b) => distanceTo(requested, a) - distanceTo(requested, b))[0];
  if (nearest !== undefined && saysQ(nearest) && distanceTo(requested, nearest) <= NEAR_Q) return nearest;
  throw new InputRefused(`no ring at q = ${requested} 1/Angstrom (nearest within 1 %)`, {
    where: { file, key: 'data.q' },
    help: `the file has q = ${listNumbers(rings.map(({ q }) => q ?? NaN))} 1/Angstrom`,
  });
}

export interface RingChoice {
  readonly q: number;
  readonly members: readonly number[];
  readonly origin: string;
  readonly warnings: readonly Warning[];
}

/** The ring nearest to the requested q (within 1 %), or the only one. Refuses anything else, listing the rings. */
export function chooseRing(file: string, matrices: readonly MatrixEntry[], requested: number | null): RingChoice {
  const where = { file, key: 'data.q' };
  const rings = groupRings(matrices);
  const only = rings.length === 1 ? rings[0]! : undefined;
  if (only?.q === null) {
    if (requested === null) {
      throw new InputRefused('the file does not say its wavevector q', {
        where,
        help: 'give it in the configuration, for instance data.q: 0.0237 1/Angstrom',
      });
    }
    return { q: requested, members: only.members, origin: 'configuration', warnings: [] };
  }
  const list = `q = ${listNumbers(rings.map((ring) => ring.q ?? NaN))} 1/Angstrom`;
  if (requested === null) {
    if (only === undefined) {
      throw new InputRefused(`the file has ${rings.length} rings and the configuration names no q`, {
        where,
        help: `set data.q to one of ${list}`,
      });
    }
    return { q: only.q, members: only.members, origin: 'file', warnings: [] };
  }
  const nearest = nearestRing(file, rings, requested);
  const close = rings.filter((ring) => ring !== nearest && distanceTo(requested, ring) <= NEAR_Q);
  const warnings = close.map((ring): Warning => ({
    code: 'rings-close',
    text: `another ring lies at q = ${ring.q} 1/Angstrom, within 1 % of the one used (${nearest.q}); it is not used`,
  }));
  return { q: nearest.q, members: nearest.members, origin: 'file', warnings };
}
