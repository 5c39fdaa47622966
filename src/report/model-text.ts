/** Say in words and formulas which model and convention a result belongs to. */
import type { ResultRecord } from '../results/index.ts';

/** The formulas that were fitted, one line each. */
export function formulaLines({ model, convention }: ResultRecord): string[] {
  const sheared = model === 'laminar_flow';
  const lines =
    convention === 'published'
      ? [
          `c2 = offset + contrast * exp(-q^2 * Int J dt)${sheared ? ' * [sin(x)/x]^2' : ''}`,
          ...(sheared ? ['x  = 1/2 * q * gap * cos(phi0 - phi) * Int gamma_dot dt'] : []),
        ]
      : [
          `c2 = offset + contrast * exp(-q^2 * Sum J dt)${sheared ? ' * [sin(X)/X]^4' : ''}`,
          ...(sheared ? ['X  = q * gap * cos(phi0 - phi) * Sum gamma_dot dt / (2 pi)'] : []),
        ];
  lines.push(
    'J(t) = D0 * t^alpha + D_offset',
    ...(sheared ? ['gamma_dot(t) = gamma_dot_t0 * t^beta + gamma_dot_t_offset'] : []),
    convention === 'published' ? 'Int: integral from t1 to t2' : 'Sum: trapezoids over the frames from t1 to t2',
  );
  return lines;
}

/** What a reader must know about the convention. */
export function conventionNote({ model, convention }: ResultRecord): string {
  if (convention === 'published') {
    const sign = model === 'laminar_flow' ? '; gamma_dot keeps its sign' : '';
    return `published: integrals in closed form; where J(t) is negative it counts as 0${sign}`;
  }
  const shear =
    model === 'laminar_flow'
      ? ' Its shear rates are not those of the published formula: at small strain gamma_dot(homodyne2) = pi/sqrt(2) * gamma_dot(published).'
      : '';
  return `homodyne2: as computed by homodyne 2.x, to reproduce its results; rates have a floor of 1e-10.${shear}`;
}
