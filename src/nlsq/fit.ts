/**
 * The whole least-squares fit: levels, starts, climb, and what the minimum says.
 *
 * The same path for a thousand points and for a billion; only the number of levels depends on the number of frames.
 */
import { InputRefused } from '../base/errors.ts';
import type { TaskContext } from '../base/task-context.ts';
import { scanRange } from './candidates.ts';
import type { Checkpoints } from './checkpoint.ts';
import { climb } from './climb.ts';
import { coordinateSystem } from './coordinates.ts';
import { chooseLevel, explore } from './explore.ts';
import { fitIdentity } from './fit-identity.ts';
import { FitWork } from './fit-work.ts';
import { freeParameters } from './free-parameters.ts';
import { buildLevels } from './levels.ts';
import { pointsOf, type Objective } from './objective.ts';
import type { FitOutcome } from './outcome.ts';
import type { FitProblem } from './problem.ts';
import { passesOf } from './profiles/index.ts';
import { scalingGroups } from './scaling.ts';
import { summarise } from './summarise.ts';
import { validateFit } from './validate.ts';

/**
 * Fit the two-time model to data.
 *
 * Throws `ConfigRefused` for what `validateFit` refuses, `InputRefused` when there are no more points than unknowns, and
 * `Cancelled` when stopped before there is any point to return; a later stop returns the best point so far with status
 * `cancelled`. With `checkpoints` finished work is kept as it comes; resumed from any of them, the same fit has the same
 * outcome to the bit as one that was never stopped. A checkpoint of another fit is `InputRefused`. `atMinimum` is called once,
 * when the minimum is found and what is left are its errors.
 */
export async function fitTwoTime(
  problem: FitProblem,
  context: TaskContext = {},
  checkpoints?: Checkpoints,
  atMinimum?: () => void,
): Promise<FitOutcome> {
  const { model, parameters, scaling, options, noise } = problem;
  const warnings = validateFit({
    mode: model.mode,
    model: model.parameters,
    parameters,
    scaling,
    options,
    phi: model.phi,
  });
  const free = freeParameters(parameters);
  const system = coordinateSystem(model, free);
  const groups = scalingGroups(scaling, model.phi);
  const weight = noise.sigma.map((sigma) => 1 / (sigma * sigma));
  const objectives = buildLevels(problem).map((level): Objective => ({ level, system, groups, weight }));
  const unknowns = free.names.length + groups.reduce((sum, group) => sum + 2 * group.terms, 0);
  const points = pointsOf(objectives.at(-1)!);
  if (points <= unknowns) {
    throw new InputRefused(`there are ${points} points for ${unknowns} unknowns`, {
      help: 'use more frames, or fix parameters',
    });
  }

  const keeping = checkpoints === undefined ? null : { checkpoints, identity: fitIdentity(problem, checkpoints) };
  using work = new FitWork({ objectives, starts: options.starts, later: passesOf(options.profile), keeping }, context);
  const { times, dt } = model.grid;
  const exploring = {
    count: free.names.length === 0 ? 1 : options.starts,
    seed: options.seed,
    range: scanRange(system, dt, times.at(-1)! - times[0]!),
    phi: model.phi,
    guess: firstGuess(problem),
  };
  const { index, scanned } = await work.level(
    () => chooseLevel(objectives, exploring, context),
    (chosen) => ({ index: chosen, scanned: null }),
  );
  const used = objectives.slice(index);
  const explored = await explore(used[0]!, exploring, scanned, work, context);
  const climbed = explored.cancelled ? explored : await climb(used, explored.minima, options.maxIterations, work);
  if (!climbed.cancelled) atMinimum?.();
  // Awaited here: `work` saves its last checkpoint when this function is left.
  return await summarise({ problem, objectives, explored, climbed, work, warnings }, context);
}

/** Scaling to begin with: the given one when it is fixed, else any; it is eliminated exactly by the first sweep. */
function firstGuess({ scaling, model }: FitProblem): { contrast: Float64Array; offset: Float64Array } {
  if (scaling.mode === 'fixed') return { contrast: scaling.contrast, offset: scaling.offset };
  const ones = new Float64Array(model.phi.length).fill(1);
  return { contrast: ones, offset: ones };
}
