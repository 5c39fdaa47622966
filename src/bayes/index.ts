/** Bayesian inference: priors, sampling, importance weights and diagnostics as pure functions with explicit keys. */
export * from './diagnostics/index.ts';
