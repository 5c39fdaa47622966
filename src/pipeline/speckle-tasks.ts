/** The pieces of a speckle simulation as named tasks: how an angle's fields are drawn, and one group of its speckles. */
import { throwIfCancelled } from '../base/task-context.ts';
import { compiledSpeckleKernel } from '../kernels/index.ts';
import { speckleBlocks, speckleField, type Physics, type SpeckleAngle, type SpeckleField } from '../model/index.ts';
import type { DataRef, Task, TaskFunctionContext } from '../parallel/index.ts';

export interface FieldInput {
  readonly physics: Physics;
  readonly angle: number;
}

export interface GroupInput {
  /** Address in the kernel memory, free for this task alone: its `speckleBytes` hold the sums afterwards. */
  readonly address: number;
  readonly kind: SpeckleField['kind'];
  /** The arrays of the angle's field by their names. */
  readonly field: DataRef;
  readonly speckle: SpeckleAngle;
  readonly group: number;
}

export const fieldTask: Task<FieldInput, SpeckleField> = {
  name: 'simulate.speckle-field',
  version: 1,
  module: import.meta.url,
  export: 'makeField',
};

export const groupTask: Task<GroupInput, null> = {
  name: 'simulate.speckle-group',
  version: 1,
  module: import.meta.url,
  export: 'computeGroup',
};

export function makeField({ physics, angle }: FieldInput): SpeckleField {
  return speckleField(physics, angle);
}

export async function computeGroup(input: GroupInput, context: TaskFunctionContext): Promise<null> {
  const { address, kind, speckle, group } = input;
  const field = { kind, ...(await context.data(input.field)) } as SpeckleField;
  const kernel = compiledSpeckleKernel(context.kernels, context.memory, address, speckle.frames, kind);
  for (const _ of speckleBlocks(kernel, field, speckle, group)) {
    // Let a request to stop come through.
    await new Promise((resolve) => setImmediate(resolve));
    throwIfCancelled(context);
  }
  return null;
}
