/** Measured | model | residual/σ of every angle as maps over t1 and t2, all on the same colours. */
import type { TimeGrid } from '../model/time-grid.ts';
import { bottomAxis, frame, INK, LABEL_SIZE, leftAxis, TICK_SIZE } from './axis.ts';
import type { Box } from './axis.ts';
import { divergingPalette, sequentialPalette } from './colour-map.ts';
import type { SequentialMap } from './colour-map.ts';
import type { PngCodec } from './png.ts';
import { colourBar, mapImage, mapSide } from './map-image.ts';
import type { ColourScale } from './map-image.ts';
import { fixed, significant } from './number-text.ts';
import { quantiles } from './pair-map.ts';
import type { PairMaps } from './pair-map.ts';
import { dataTitle, drawPage } from './page.ts';
import type { PageFacts } from './page.ts';
import { linearScale } from './scale.ts';
import { text } from './svg.ts';

export interface MapAngle {
  /** Degrees. */
  readonly phi: number;
  readonly chi2PerPoint: number;
  readonly contrast: number;
  readonly offset: number;
  readonly maps: PairMaps;
}

/** Colour limits of one run, the same in all its map figures. */
export interface MapColours {
  readonly correlation: ColourScale;
  readonly residual: ColourScale;
}

export interface MapStyle {
  readonly colours: MapColours;
  readonly facts: PageFacts;
  readonly codec: PngCodec;
}

/** Half ranges for residual/σ: the first that holds 98 % of the pixels. */
const RESIDUAL_RANGES = [0.2, 0.5, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000];
/** The smallest range where a pixel is one pair; means over blocks of pairs scatter less. */
const PAIR_RANGE = 3;

/**
 * Shared limits: p0.5–p99.5 of the measured pixels of all angles, and a symmetric range for residual/σ: ±3, wider where
 * the misfit asks for it, narrower only where pixels are means.
 */
export function chooseMapColours(angles: readonly MapAngle[], map: SequentialMap): MapColours {
  const measured = quantiles(
    angles.map((angle) => angle.maps.measured),
    [0.005, 0.995],
  ) ?? [0, 1];
  const residual = quantiles(
    angles.map((angle) => angle.maps.residual),
    [0.01, 0.99],
  ) ?? [0, 0];
  const reach = Math.max(...residual.map(Math.abs));
  const smallest = angles.some((angle) => angle.maps.block === 1) ? PAIR_RANGE : 0;
  const half =
    RESIDUAL_RANGES.find((range) => reach <= range && range >= smallest) ?? 10 ** Math.ceil(Math.log10(reach));
  const [low, high] = [measured[0]!, measured[1]!];
  return {
    correlation: { palette: sequentialPalette(map), limits: high > low ? [low, high] : [low - 0.5, low + 0.5] },
    residual: { palette: divergingPalette(), limits: [-half, half] },
  };
}

const LEFT = 64;
const RIGHT = 20;
const GAP = 18;
const BAR_TOP = 18;
const BAR_HEIGHT = 10;
/** Bars are shorter than the maps, so that the outer tick labels of two bars never meet. */
const BAR_INSET = 12;
const HEADS = 70;
const ROWS_TOP = 98;
const ROW_HEAD = 30;

/** Side of a map, user units, by the number of angles: about so many for one, two, and more. */
const SIDES = [264, 244, 212] as const;

/** Triptychs, one row per angle. `subtitle` says which angles these are when they are not all. */
export function drawMaps(angles: readonly MapAngle[], grid: TimeGrid, style: MapStyle, subtitle?: string): string {
  const side = mapSide(angles[0]!.maps.size, SIDES[Math.min(angles.length, 3) - 1]!);
  const { colours, codec } = style;
  const column = (k: number): number => LEFT + k * (side + GAP);
  const parts = [
    colourBar(
      { x: column(0) + BAR_INSET, y: BAR_TOP, width: 2 * side + GAP - 2 * BAR_INSET, height: BAR_HEIGHT },
      colours.correlation,
      'c₂, measured and model',
      codec,
    ),
    colourBar(
      { x: column(2) + BAR_INSET, y: BAR_TOP, width: side - 2 * BAR_INSET, height: BAR_HEIGHT },
      colours.residual,
      '(measured − model) / σ',
      codec,
      residualTicks(colours),
    ),
  ];
  angles.forEach((angle, row) => {
    const y = ROWS_TOP + row * (side + ROW_HEAD);
    const images = [angle.maps.measured, angle.maps.model, angle.maps.residual];
    const heads = ['measured', 'model', 'residual / σ'];
    const last = row === angles.length - 1;
    parts.push(text(column(0), y - 8, angleHead(angle), { size: LABEL_SIZE, fill: INK }));
    images.forEach((values, k) => {
      const box: Box = { x: column(k), y, width: side, height: side };
      const [x1, y2] = timeScales(box, grid, angle.maps);
      const scale = k === 2 ? colours.residual : colours.correlation;
      parts.push(
        mapImage(box, values, angle.maps.size, scale, codec),
        frame(box),
        bottomAxis(box, x1, { label: last ? 't₁ (s)' : undefined, tickLabels: last, count: 5 }),
        leftAxis(box, y2, { label: k === 0 ? 't₂ (s)' : undefined, tickLabels: k === 0, count: 5, labelGap: 48 }),
      );
      if (row === 0)
        parts.push(text(box.x + side / 2, HEADS, heads[k]!, { anchor: 'middle', size: LABEL_SIZE, fill: INK }));
    });
  });
  const width = Math.ceil(column(2) + side + RIGHT);
  const height = Math.ceil(ROWS_TOP + angles.length * (side + ROW_HEAD) - ROW_HEAD + 44);
  const title = titleOf(angles, style.facts);
  return drawPage(
    { width, height, title, subtitle, body: parts.join(''), notes: mapNotes(angles, colours) },
    style.facts,
  );
}

/** Side of a small map, about. */
const CELL_SIDE = 88;
const CELL_GAP = 4;
const CELL_SPACE = 24;
/** Room for small maps side by side. */
const CELLS_WIDTH = 920;
/** Cells on one page of small multiples. */
export const SMALL_MAPS_PER_PAGE = 30;

/** Small multiples: three tiles per angle without axes, on the colours of the large maps. */
export function drawSmallMaps(angles: readonly MapAngle[], grid: TimeGrid, style: MapStyle, subtitle: string): string {
  const { colours, codec } = style;
  const side = mapSide(angles[0]!.maps.size, CELL_SIDE);
  const cell = 3 * side + 2 * CELL_GAP;
  const left = 20;
  const fitting = Math.floor((CELLS_WIDTH + CELL_SPACE) / (cell + CELL_SPACE));
  const columns = Math.max(2, Math.min(fitting, angles.length));
  const rows = Math.ceil(angles.length / columns);
  const width = Math.ceil(2 * left + columns * cell + (columns - 1) * CELL_SPACE);
  const inner = width - 2 * left;
  const bar = (inner - 40) / 3;
  const parts = [
    colourBar(
      { x: left, y: BAR_TOP, width: 2 * bar, height: BAR_HEIGHT },
      colours.correlation,
      'c₂, measured and model',
      codec,
    ),
    colourBar(
      { x: left + 2 * bar + 40, y: BAR_TOP, width: bar, height: BAR_HEIGHT },
      colours.residual,
      '(measured − model) / σ',
      codec,
      residualTicks(colours),
    ),
  ];
  const top = 64;
  const cellHeight = side + 30;
  angles.forEach((angle, n) => {
    const x = left + (n % columns) * (cell + CELL_SPACE);
    const y = top + Math.floor(n / columns) * cellHeight + 18;
    parts.push(
      text(x, y - 6, `φ = ${fixed(angle.phi, 1)}° · χ²/point ${significant(angle.chi2PerPoint, 3)}`, {
        size: TICK_SIZE,
        fill: INK,
      }),
    );
    [angle.maps.measured, angle.maps.model, angle.maps.residual].forEach((values, k) => {
      const box: Box = { x: x + k * (side + CELL_GAP), y, width: side, height: side };
      const scale = k === 2 ? colours.residual : colours.correlation;
      parts.push(mapImage(box, values, angle.maps.size, scale, codec), frame(box));
    });
  });
  const [low, high] = timeExtent(grid, angles[0]!.maps);
  const span = `Each row of three: measured, model, residual/σ; t₁ to the right and t₂ upwards, both ${Number(low.toPrecision(4))} to ${Number(high.toPrecision(5))} s.`;
  return drawPage(
    {
      width,
      height: Math.ceil(top + rows * cellHeight),
      title: titleOf(angles, style.facts),
      subtitle,
      body: parts.join(''),
      notes: [span, ...mapNotes(angles, colours)],
    },
    style.facts,
  );
}

function angleHead(angle: MapAngle): string {
  const scaling = `contrast ${significant(angle.contrast, 3)}, offset ${significant(angle.offset, 4)}`;
  return `φ = ${fixed(angle.phi, 1)}° · ${scaling}, χ²/point ${significant(angle.chi2PerPoint, 3)}`;
}

function residualTicks({ residual }: MapColours): number[] {
  const half = residual.limits[1];
  return half === 3 ? [-3, -2, -1, 0, 1, 2, 3] : [-half, -half / 2, 0, half / 2, half];
}

function titleOf(angles: readonly MapAngle[], facts: PageFacts): string {
  return dataTitle(
    facts,
    angles.map((angle) => angle.phi),
  );
}

function mapNotes(angles: readonly MapAngle[], colours: MapColours): string[] {
  const [low, high] = colours.correlation.limits;
  const { block } = angles[0]!.maps;
  const pixels =
    block === 1 ? 'One pixel is one pair of frames.' : `A pixel is the mean over ${block}×${block} pairs of frames.`;
  return [
    `Colours of c₂ are shared by measured and model and by all angles: ${significant(low, 4)} to ${significant(high, 4)}, p0.5 to p99.5 of the ` +
      'measured pixels; values beyond take the end colours.',
    `${pixels} Grey: not fitted (diagonal, excluded pairs and frames). σ is the noise estimate of the angle.`,
  ];
}

/** Times at the outer edges of the first and last pixel, s. */
function timeExtent(grid: TimeGrid, maps: PairMaps): [number, number] {
  const start = grid.times[0]! - grid.dt / 2;
  return [start, start + maps.size * maps.block * grid.dt];
}

function timeScales(box: Box, grid: TimeGrid, maps: PairMaps) {
  const domain = timeExtent(grid, maps);
  return [linearScale(domain, [box.x, box.x + box.width]), linearScale(domain, [box.y + box.height, box.y])] as const;
}
