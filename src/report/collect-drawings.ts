/**
 * Give back the memory of pages that were drawn: the renderer keeps their pixels outside the heap, where the engine does not
 * count them, so hundreds of megabytes that nobody needs would gather before it looked.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Looking through the heap takes some 20 ms, so it is done for a large page or for a few small ones. */
const MOST_BYTES = 24e6;

let gathered = 0;
let collect: (() => void) | undefined;

/** Tell that so many bytes of pixels are not held any more. */
export function noteDrawn(bytes: number): void {
  gathered += bytes;
  if (gathered < MOST_BYTES) return;
  gathered = 0;
  collect ??= findCollector();
  collect();
}

/** The engine's own way, which it lends to contexts that are made while the flag is set. */
function findCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const found = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  return found;
}
