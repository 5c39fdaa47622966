/** What a batch would do, with estimates of memory and time; nothing is written and no value is read. */
import type { TaskContext } from '../../base/task-context.ts';
import { countJobs, type BatchPlanRecord } from '../../results/index.ts';
import { planWork, type BatchRequest } from './batch-plan.ts';
import { bytesOfJob, estimateSeconds, pointsOfJob } from './job-memory.ts';

export async function dryRun(request: BatchRequest, context: TaskContext): Promise<BatchPlanRecord> {
  const { jobs, todo, refusals, outdated } = await planWork(request, context);
  const wanted = new Set(todo);
  const left = jobs.filter(({ name }) => wanted.has(name));
  const limit = request.sets[0].config.parallel.memory;
  const bytes = left.map((job) => bytesOfJob(job, limit)).toSorted((a, b) => b - a);
  return {
    schema: 'twotime/batch-plan@1',
    counts: countJobs(jobs),
    outdated,
    jobs: jobs.map((job) => ({
      name: job.name,
      file: job.file,
      q: job.q,
      angles: job.angles,
      frames: job.frames,
      points: pointsOfJob(job),
      status: job.status,
      action: wanted.has(job.name) ? (job.status === 'cancelled' ? 'resume' : 'run') : 'leave',
      refusal: refusals.get(job.name) ?? null,
    })),
    todo: todo.length,
    points: left.reduce((sum, job) => sum + pointsOfJob(job), 0),
    // The largest ones that may be under way together.
    memoryBytes: Math.min(
      bytes.slice(0, 5).reduce((sum, one) => sum + one, 0),
      Math.max(limit, bytes[0] ?? 0),
    ),
    estimate: estimateSeconds(left, jobs),
  };
}
