/** The page every figure stands on: white ground, title (data set · q · φ), notes, and a footer that names the result. */
import { FAINT_INK, INK } from './axis.ts';
import { fixed } from './number-text.ts';
import { element, escapeText, text } from './svg.ts';
import { fitText, fitTitle, wrapText } from './text-width.ts';

/** What the title and footer of every figure say. */
export interface PageFacts {
  /** File name of the data set, without folders. */
  readonly dataset: string;
  /** Wavevector, 1/Å. */
  readonly q: number;
  /** Azimuthal angles of the fit, degrees. */
  readonly phi: readonly number[];
  /** `published` or `homodyne2`. */
  readonly convention: string;
  readonly status: string;
  /** Hex digest of the result. */
  readonly digest: string;
  /** Version of the program. */
  readonly version: string;
}

export interface Page {
  readonly width: number;
  /** Height of the body; title, notes and footer come on top of it. */
  readonly height: number;
  readonly title: string;
  /** Second line of the title. */
  readonly subtitle?: string | undefined;
  /** Body with its origin below the title. */
  readonly body: string;
  /** Sentences under the body: what is shown, what was left out. */
  readonly notes: readonly string[];
}

/** Pixels per user unit of the PNG form of a page. */
export const PNG_SCALE = 1.5;

export const FONT_FAMILY = "'DejaVu Sans', Verdana, sans-serif";
const MARGIN = 14;
const TITLE_SIZE = 14;
const SUBTITLE_SIZE = 12;
const NOTE_SIZE = 10;
const NOTE_LINE = 14;

/** Angles a title can name one by one. */
const NAMED_ANGLES = 4;

/** `file.h5 · q = 0.0237 Å⁻¹ · φ = −45.0°, 0.0°`, the title of every figure; all angles of the fit unless some are given. */
export function dataTitle(facts: PageFacts, phi: readonly number[] = facts.phi): string {
  const angles =
    phi.length > NAMED_ANGLES ? `${phi.length} angles` : `φ = ${phi.map((one) => `${fixed(one, 1)}°`).join(', ')}`;
  return `${facts.dataset} · q = ${Number(facts.q.toPrecision(6))} Å⁻¹ · ${angles}`;
}

/** A complete SVG document. The same input gives the same bytes. */
export function drawPage(page: Page, facts: PageFacts): string {
  const result = `result ${facts.digest.slice(0, 12)} · status ${facts.status} · convention ${facts.convention}`;
  return drawSheet(page, result, facts.version);
}

/** The same for a page that shows no single result; `origin` stands in its footer. */
export function drawSheet(page: Page, origin: string, version: string): string {
  const { width } = page;
  const inner = width - 2 * MARGIN;
  const top = page.subtitle === undefined ? 32 : 50;
  const notes = page.notes.flatMap((note) => wrapText(note, NOTE_SIZE, inner));
  const notesTop = top + page.height + 12;
  const footer = notesTop + notes.length * NOTE_LINE + 8;
  const height = Math.ceil(footer + 10);
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      'font-family': FONT_FAMILY,
      role: 'img',
    },
    element('title', {}, escapeText(page.title)),
    element('rect', { width, height, fill: '#ffffff' }),
    text(MARGIN, 22, fitTitle(page.title, TITLE_SIZE, inner), { size: TITLE_SIZE, fill: INK }),
    page.subtitle === undefined
      ? ''
      : text(MARGIN, 40, fitText(page.subtitle, SUBTITLE_SIZE, inner), { size: SUBTITLE_SIZE, fill: INK }),
    element('g', { transform: `translate(0 ${top})` }, page.body),
    ...notes.map((note, k) => text(MARGIN, notesTop + k * NOTE_LINE, note, { size: NOTE_SIZE, fill: FAINT_INK })),
    text(MARGIN, footer, origin, { size: NOTE_SIZE, fill: FAINT_INK }),
    text(width - MARGIN, footer, `twotime ${version}`, { size: NOTE_SIZE, fill: FAINT_INK, anchor: 'end' }),
    '\n',
  );
}
