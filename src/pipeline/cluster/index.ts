/** Fits as jobs of Slurm or PBS. */
export {
  dialectOf,
  findScheduler,
  FIT_GRACE,
  openClusterWorkers,
  whyMissing,
  type ClusterWorkers,
} from './cluster-workers.ts';
export { endEarlierJobs } from './end-earlier-jobs.ts';
export { fitTask, type FitTaskInput } from './fit-task.ts';
export { fitInputOf, resumeOnCluster, runFitAnywhere, submitFit } from './run-on-cluster.ts';
