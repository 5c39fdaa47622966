/** Take a figure apart: its texts, its images, and whether every element is closed. */
import { readPng } from './read-png.ts';
import type { Pixels } from './read-png.ts';

export interface ReadSvg {
  readonly width: number;
  readonly height: number;
  readonly texts: readonly string[];
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
  return { width: Number(root['width']), height: Number(root['height']), texts, images };
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
