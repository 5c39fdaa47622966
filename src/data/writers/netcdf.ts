/**
 * Write NetCDF-4: groups of arrays over named dimensions, as xarray, netCDF4, h5netcdf and h5py read them.
 *
 * NetCDF-4 is HDF5 with conventions (NetCDF file formats, "The NetCDF-4 format"): a dimension is a dimension scale, here always
 * the coordinate variable of its name in the same group, which is attached to every axis it names; links and attributes
 * keep the order in which they were made; a truth value is a byte with the attribute `dtype` = `bool` (xarray). HDF5 stamps
 * objects with the time: the clock stands still while a file is written, so the same content gives the same bytes.
 */
import { Defect } from '../../base/errors.ts';
import type { Hdf5Library } from '../hdf5-library.ts';
import { elementsOf } from '../npy.ts';
import { makeGroup, writeHdf5, type Hdf5OutputGroup } from './hdf5-output.ts';

export type NetcdfAttributes = Readonly<Record<string, string | number>>;

export interface NetcdfVariable {
  readonly name: string;
  /** Names of its axes, none for a single number; the dimension itself for a coordinate. */
  readonly dimensions: readonly string[];
  /** In C order; `Uint8Array` are truth values. */
  readonly data: Float64Array | Float32Array | Int32Array | Uint8Array;
  readonly attributes?: NetcdfAttributes | undefined;
}

export interface NetcdfGroup {
  readonly name: string;
  readonly attributes: NetcdfAttributes;
  /** Every dimension has its coordinate among them, before the variables that use it. */
  readonly variables: readonly NetcdfVariable[];
}

/** Where the clock stands: the first day of the format of HDF5's own time stamps. */
const NO_TIME = 0;

/** Write `path` with these groups and attributes of the file. Throws `OutputFailed` (nothing is left). */
export async function writeNetcdf(
  path: string,
  attributes: NetcdfAttributes,
  groups: readonly NetcdfGroup[],
): Promise<void> {
  await writeHdf5(path, (library, temporary) =>
    withClockAt(NO_TIME, () => {
      const file = new library.File(temporary, 'w', { track_order: true, libver: ['earliest', 'v110'] });
      try {
        putAttributes(file, attributes);
        for (const group of groups) putGroup(library, file, group);
      } finally {
        file.close();
      }
    }),
  );
}

/** The library asks `Date.now`; nothing else runs meanwhile. */
function withClockAt(time: number, write: () => void): void {
  const { now } = Date;
  Date.now = () => time;
  try {
    write();
  } finally {
    Date.now = now;
  }
}

function putGroup(library: Hdf5Library, file: Hdf5OutputGroup, { name, attributes, variables }: NetcdfGroup): void {
  const group = makeGroup(library, file, name, true);
  putAttributes(group, attributes);
  const sizes = new Map<string, number>();
  for (const variable of variables) {
    const isCoordinate = variable.dimensions.length === 1 && variable.dimensions[0] === variable.name;
    if (isCoordinate) sizes.set(variable.name, variable.data.length);
    const shape = variable.dimensions.map((dimension) => sizes.get(dimension) ?? missing(name, dimension));
    if (elementsOf(shape) !== variable.data.length) {
      throw new Defect(
        `${name}/${variable.name} has ${variable.data.length} numbers where its shape is ${shape.join('×')}`,
      );
    }
    const { data } = variable;
    const made = group.create_dataset({
      ...{ name: variable.name, shape, track_order: true },
      data: data instanceof Uint8Array ? Int8Array.from(data) : data,
    });
    if (isCoordinate) made.make_scale(variable.name);
    else variable.dimensions.forEach((dimension, axis) => made.attach_scale(axis, `/${name}/${dimension}`));
    putAttributes(made, { ...variable.attributes, ...(data instanceof Uint8Array ? { dtype: 'bool' } : {}) });
  }
}

function missing(group: string, dimension: string): never {
  throw new Defect(`${group} has no coordinate ${dimension} before the variable that uses it`);
}

function putAttributes(to: Pick<Hdf5OutputGroup, 'create_attribute'>, attributes: NetcdfAttributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'string') to.create_attribute(name, value);
    else to.create_attribute(name, Float64Array.of(value), [], '<d');
  }
}
