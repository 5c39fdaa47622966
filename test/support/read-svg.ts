/** Take a figure apart: its texts, its images, and whether every element is closed. */
import { textWidth } from '../../src/plots/text-width.ts';
import { readPng } from './read-png.ts';
import type { Pixels } from './read-png.ts';

/** A horizontal text and the rectangle it covers on the page, estimated from the font's advance widths. */
export interface Label {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface ReadSvg {
  readonly width: number;
  readonly height: number;
  readonly texts: readonly string[];
  /** Horizontal texts with their places. */
  readonly labels: readonly Label[];
  /** Embedded images with their place on the page (inside the body). */
  readonly images: readonly {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly pixels: Pixels;
  }[];
}

export function readSvg(svg: string): ReadSvg {
  checkNesting(svg);
  const images = Array.from(svg.matchAll(/<image ([^>]*)\/>/g), (match) => {
    const attributes = attributesOf(match[1]!);
    const base64 = attributes['href']!.replace('data:image/png;base64,', '');
    const number = (name: string): number => Number(attributes[name]);
    const pixels = readPng(Buffer.from(base64, 'base64'));
    return { x: number('x'), y: number('y'), width: number('width'), height: number('height'), pixels };
  });
  const root = attributesOf(/<svg ([^>]*)>/.exec(svg)![1]!);
  const texts = Array.from(svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g), (match) => unescape(match[1]!));
  return { width: Number(root['width']), height: Number(root['height']), texts, labels: labelsOf(svg), images };
}

function labelsOf(svg: string): Label[] {
  const body = /<g transform="translate\(0 ([\d.]+)\)">/.exec(svg)!;
  const end = svg.indexOf('</g>');
  return Array.from(svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g), (match) => {
    const { x = '', y = '', 'text-anchor': anchor, 'font-size': size = '12', transform } = attributesOf(match[1]!);
    if (transform !== undefined) return null;
    const text = unescape(match[2]!);
    const width = textWidth(text, Number(size));
    const left = Number(x) - (anchor === 'middle' ? width / 2 : anchor === 'end' ? width : 0);
    const base = Number(y) + (match.index > body.index && match.index < end ? Number(body[1]) : 0);
    return { text, left, right: left + width, top: base - 0.75 * Number(size), bottom: base };
  }).filter((label) => label !== null);
}

function attributesOf(text: string): Record<string, string> {
  return Object.fromEntries(Array.from(text.matchAll(/([\w:-]+)="([^"]*)"/g), (match) => [match[1]!, match[2]!]));
}

function unescape(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}

function checkNesting(svg: string): void {
  const open: string[] = [];
  for (const match of svg.matchAll(/<(\/?)(\w+)([^<>]*?)(\/?)>/g)) {
    const [, closing, name = '', , empty] = match;
    if (closing === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> closes something else`);
    } else if (empty !== '/') open.push(name);
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(', ')}`);
}
