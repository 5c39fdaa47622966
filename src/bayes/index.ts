/** Bayesian inference: priors, sampling, importance weights and diagnostics as pure functions with explicit keys. */
export * from './consensus/index.ts';
export * from './diagnostics/index.ts';
export * from './nuts/index.ts';
export type { Evaluation, LogDensity, LogValue } from './log-density.ts';
export * from './importance/index.ts';
export { findMode, type Mode, type ModeOptions, type NoMode } from './laplace/find-mode.ts';
export * from './posterior/index.ts';
export * from './predictive/index.ts';
export * from './priors/index.ts';
export * from './sampling/index.ts';
