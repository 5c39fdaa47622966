/** Write the symbols of our own sentences in ASCII, so that a report survives e-mail and old terminals. */

const WORDS: readonly (readonly [symbol: string, word: string])[] = [
  ['γ\u0307', 'gamma_dot'],
  ['χ²', 'chi-square'],
  ['Å', 'Angstrom'],
  ['σ', 'sigma'],
  ['φ', 'phi'],
  ['τ', 'tau'],
  ['α', 'alpha'],
  ['β', 'beta'],
  ['Γ', 'Gamma'],
  ['Δ', 'Delta'],
  ['√', 'sqrt'],
  ['·', '*'],
  ['×', 'x'],
  ['−', '-'],
  ['–', '-'],
  ['±', '+/-'],
  ['≤', '<='],
  ['≥', '>='],
  ['…', '...'],
  ['₀', '0'],
  ['₁', '1'],
  ['₂', '2'],
  ['²', '^2'],
];

/** Other characters, those of file names for instance, stay. */
export function inAscii(content: string): string {
  return WORDS.reduce((text, [symbol, word]) => text.replaceAll(symbol, word), content);
}
