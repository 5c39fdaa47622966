/** Priors of parameters between their bounds, and bounded parameters as unconstrained coordinates. */
export { boundedCoordinate, type BoundedCoordinate, type Unbound } from './bounded.ts';
export { priorDensity, type PriorDensity } from './prior-density.ts';
