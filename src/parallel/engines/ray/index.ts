/** Ray as an engine: one host process per node behind a small Python driver. */
export { RayUnavailable } from './driver-session.ts';
export { RayEngine } from './ray-engine.ts';
export { RayPool, type RayPoolOptions } from './ray-pool.ts';
