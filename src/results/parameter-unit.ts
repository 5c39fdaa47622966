/** Units of the physical parameters as written in every result; pure numbers have the empty unit. */

const UNITS: Readonly<Record<string, string>> = {
  D0: 'Angstrom^2/s',
  D_offset: 'Angstrom^2/s',
  gamma_dot_t0: '1/s',
  gamma_dot_t_offset: '1/s',
  phi0: 'deg',
};

export function parameterUnit(name: string): string {
  return UNITS[name] ?? '';
}
