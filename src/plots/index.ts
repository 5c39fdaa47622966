/** Figures of a run as SVG text, drawn without a document: the same bytes in Node, in a worker and in a browser. */
export { drawBatchTrends } from './batch-trends.ts';
export type { BatchFigure } from './batch-trends.ts';
export type { SequentialMap } from './colour-map.ts';
export { drawFigures } from './draw-figures.ts';
export type { Figure, FigureInput } from './draw-figures.ts';
export { encodeRgbaPng, rgbaScanlines } from './png.ts';
export type { PngCodec } from './png.ts';
export { PNG_SCALE } from './page.ts';
export type { PageFacts } from './page.ts';
export type { DrawnPosterior, PosteriorFigureInput } from './posterior/figure-input.ts';
export { fittedValues, rateCurve } from './rate-band.ts';
export type { RateCurve } from './rate-band.ts';
export { drawStageTimeline } from './stage-timeline.ts';
export type { StageSpan, StageTimeline } from './stage-timeline.ts';
