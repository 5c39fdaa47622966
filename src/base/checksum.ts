/** A checksum of text, to notice damage; not a protection against intent. */

const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;
/** A second basis, so that two hashes of 32 bits make one of 64. */
const OTHER_BASIS = 0x9747b28c;

/** 64 bits in hex: twice FNV-1a (Fowler, Noll & Vo 1991) over the UTF-16 code units, from two bases. */
export function checksum(text: string): string {
  let [a, b] = [BASIS, OTHER_BASIS];
  for (let k = 0; k < text.length; k++) {
    const unit = text.charCodeAt(k);
    a = Math.imul(a ^ unit, PRIME);
    b = Math.imul(b ^ (unit + k), PRIME);
  }
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
