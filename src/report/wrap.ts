/** Break plain text at spaces so that a report keeps to its width. */

/** Columns of a report. */
export const WIDTH = 100;

/** Lines of at most `width` columns: the first begins with `head`, the others with as many spaces or with `indent`. */
export function wrap(
  head: string,
  content: string,
  indent: string = ' '.repeat(head.length),
  width: number = WIDTH,
): string[] {
  const lines: string[] = [];
  let current = head;
  let empty = true;
  // A number and its percent sign stay together.
  for (const word of content.split(/ (?!%)/)) {
    const longer = empty ? `${current}${word}` : `${current} ${word}`;
    if (!empty && longer.length > width) {
      lines.push(current);
      current = `${indent}${word}`;
    } else current = longer;
    empty = false;
  }
  return [...lines, current];
}
