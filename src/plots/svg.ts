/** Write SVG as text: elements, numbers and escapes, with the same bytes on every machine and no document needed. */

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One element; children are SVG text already. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  let head = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    head += ` ${key}="${typeof value === 'number' ? coordinate(value) : escapeText(value)}"`;
  }
  return children.length === 0 ? `${head}/>` : `${head}>${children.join('')}</${name}>`;
}

export interface TextOptions {
  readonly anchor?: 'start' | 'middle' | 'end';
  /** Font size in user units. */
  readonly size?: number;
  readonly fill?: string;
  /** Degrees, about (x, y). */
  readonly rotate?: number;
}

/** A line of text whose baseline starts, is centred or ends at (x, y). */
export function text(x: number, y: number, content: string, options: TextOptions = {}): string {
  const { anchor, size, fill, rotate } = options;
  return element(
    'text',
    {
      x,
      y,
      'text-anchor': anchor === 'start' ? undefined : anchor,
      'font-size': size,
      fill,
      transform: rotate === undefined ? undefined : `rotate(${rotate} ${coordinate(x)} ${coordinate(y)})`,
    },
    escapeText(content),
  );
}

export function line(x1: number, y1: number, x2: number, y2: number, attributes: Attributes = {}): string {
  return element('path', {
    d: `M${coordinate(x1)} ${coordinate(y1)}L${coordinate(x2)} ${coordinate(y2)}`,
    ...attributes,
  });
}

/** Path data through points; a point that is not finite breaks the line. */
export function polyline(points: Iterable<readonly [x: number, y: number]>): string {
  let path = '';
  let pen = 'M';
  for (const [x, y] of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      pen = 'M';
      continue;
    }
    path += `${pen}${coordinate(x)} ${coordinate(y)}`;
    pen = 'L';
  }
  return path;
}

/** Path data of dots: strokes of no length, drawn as discs by a round line cap. */
export function dots(points: Iterable<readonly [x: number, y: number]>): string {
  let path = '';
  for (const [x, y] of points) {
    if (Number.isFinite(x) && Number.isFinite(y)) path += `M${coordinate(x)} ${coordinate(y)}h.01`;
  }
  return path;
}

/** A coordinate with at most two decimals: a hundredth of a pixel is never visible. */
export function coordinate(value: number): string {
  const rounded = Math.round(value * 100) / 100;
  return String(rounded === 0 ? 0 : rounded);
}

export function escapeText(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
