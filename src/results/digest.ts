/**
 * One hash over the bytes of a numerical result, equal wherever the same input and configuration give the same bits.
 *
 * Hashed, in this order, each list preceded by its name and length: parameter names and values, covariance names and
 * entries (independent, speckle, dyadic), contrast and offset per angle, χ². Numbers enter as little-endian float64; every NaN as the one quiet NaN
 * 0x7ff8000000000000, since engines differ in the NaN they make.
 */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { FitOutcome } from '../nlsq/outcome.ts';

/** sha256 in hex of the parameters, covariance, scaling and χ² of a fit. */
export function digestOutcome(outcome: FitOutcome): string {
  const hash = createHash('sha256').update('twotime/digest@2\n');
  addNames(
    hash,
    'parameters',
    outcome.parameters.map((parameter) => parameter.name),
  );
  addNumbers(
    hash,
    'values',
    outcome.parameters.map((parameter) => parameter.value),
  );
  addNames(hash, 'covariance-names', outcome.covariance.names);
  addNumbers(hash, 'covariance', outcome.covariance.independent);
  addNumbers(hash, 'covariance-speckle', outcome.covariance.speckle);
  addNumbers(hash, 'covariance-dyadic', outcome.covariance.dyadic);
  addNumbers(
    hash,
    'contrast',
    outcome.scaling.map((angle) => angle.contrast.value),
  );
  addNumbers(
    hash,
    'offset',
    outcome.scaling.map((angle) => angle.offset.value),
  );
  addNumbers(hash, 'chi2', [outcome.cost.chi2]);
  return hash.digest('hex');
}

function addNames(hash: Hash, label: string, names: readonly string[]): void {
  hash.update(`${label} ${names.length}\n${names.map((name) => `${name}\n`).join('')}`);
}

function addNumbers(hash: Hash, label: string, numbers: ArrayLike<number>): void {
  hash.update(`${label} ${numbers.length}\n`).update(canonicalBytes(numbers));
}

/** Little-endian float64 with one canonical NaN. */
function canonicalBytes(numbers: ArrayLike<number>): Uint8Array {
  const view = new DataView(new ArrayBuffer(numbers.length * 8));
  for (let k = 0; k < numbers.length; k++) {
    const value = numbers[k]!;
    if (Number.isNaN(value)) view.setBigUint64(k * 8, 0x7ff8000000000000n, true);
    else view.setFloat64(k * 8, value, true);
  }
  return new Uint8Array(view.buffer);
}
