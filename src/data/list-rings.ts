/** What a file offers to fit, found without reading its values: its q rings. */
import { openSource } from './readers/detect.ts';
import { groupRings } from './rings.ts';
import { isTwotimeError } from '../base/errors.ts';

export interface ListedRing {
  /** 1/Å; null when the file does not say. */
  readonly q: number | null;
  readonly angles: number;
  /** Frames of its first matrix; 0 when that one cannot be used. */
  readonly frames: number;
}

/** The rings of a file in ascending q. `path` is where it is, `shown` how messages name it. Throws `InputRefused`. */
export async function listRings(path: string, shown: string): Promise<ListedRing[]> {
  const source = await openSource(path, shown);
  const framesOf = (matrix: number): number => {
    try {
      return source.frames(matrix);
    } catch (error) {
      if (isTwotimeError(error, 'InputRefused')) return 0;
      throw error;
    }
  };
  try {
    return groupRings(source.matrices).map(({ q, members }) => ({
      q,
      angles: members.length,
      frames: framesOf(members[0]!),
    }));
  } finally {
    source.close();
  }
}
