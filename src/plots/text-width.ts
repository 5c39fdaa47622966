/** Estimate how wide a text is in DejaVu Sans, the font shipped with the package, so that labels can be laid out. */

/** Advance widths of the characters 32–126, in 1/2048 of the font size. */
const ASCII = [
  651, 821, 942, 1716, 1303, 1946, 1597, 563, 799, 799, 1024, 1716, 651, 739, 651, 690, 1303, 1303, 1303, 1303, 1303,
  1303, 1303, 1303, 1303, 1303, 690, 690, 1716, 1716, 1716, 1087, 2048, 1401, 1405, 1430, 1577, 1294, 1178, 1587, 1540,
  604, 604, 1343, 1141, 1767, 1532, 1612, 1235, 1612, 1423, 1300, 1251, 1499, 1401, 2025, 1403, 1251, 1403, 799, 690,
  799, 1716, 1024, 1024, 1255, 1300, 1126, 1300, 1260, 721, 1300, 1298, 569, 569, 1186, 569, 1995, 1298, 1253, 1300,
  1300, 842, 1067, 803, 1298, 1212, 1675, 1212, 1212, 1075, 1303, 690, 1303, 1716,
];

/** Symbols of the figures that differ much from a letter. */
const SYMBOLS: Readonly<Record<string, number>> = {
  '\u0307': 0,
  '²': 821,
  '₁': 821,
  '₂': 821,
  '⁻': 1081,
  '·': 651,
  '°': 1024,
  '−': 1716,
  '×': 1716,
  '±': 1716,
  '–': 1024,
};
const OTHER = 1280;

/** Characters of a name that are kept at least when a title is shortened. */
const LEAST_OF_NAME = 12;

/** Width in user units at a font size. */
export function textWidth(content: string, size: number): number {
  let units = 0;
  for (const character of content) {
    units += ASCII[character.charCodeAt(0) - 32] ?? SYMBOLS[character] ?? OTHER;
  }
  return (units * size) / 2048;
}

/** The text, or its beginning and an ellipsis where it is wider than `width`. */
export function fitText(content: string, size: number, width: number): string {
  if (textWidth(content, size) <= width) return content;
  const characters = Array.from(content);
  while (characters.length > 1 && textWidth(`${characters.join('')}…`, size) > width) characters.pop();
  return `${characters.join('').trimEnd()}…`;
}

/**
 * A title of parts with ` · ` between them. Where it is too wide the first one, the name of a file, loses its middle: its
 * end tells files of a series apart, and the other parts say what is shown.
 */
export function fitTitle(title: string, size: number, width: number): string {
  if (textWidth(title, size) <= width) return title;
  const [name = '', ...others] = title.split(' · ');
  const rest = others.map((part) => ` · ${part}`).join('');
  const characters = Array.from(name);
  for (let kept = characters.length - 1; kept >= LEAST_OF_NAME; kept--) {
    const head = characters.slice(0, Math.ceil(kept / 2)).join('');
    const tail = characters.slice(characters.length - Math.floor(kept / 2)).join('');
    const fitted = `${head}…${tail}${rest}`;
    if (textWidth(fitted, size) <= width) return fitted;
  }
  return fitText(title, size, width);
}

/** Break a text at spaces into lines no wider than `width`. */
export function wrapText(content: string, size: number, width: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of content.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (current !== '' && textWidth(longer, size) > width) {
      lines.push(current);
      current = word;
    } else current = longer;
  }
  if (current !== '') lines.push(current);
  return lines;
}
