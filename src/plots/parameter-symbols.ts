/** How figures write the names of parameters. */
export const PARAMETER_SYMBOLS: Readonly<Record<string, string>> = {
  D0: 'D₀',
  alpha: 'α',
  D_offset: 'D offset',
  gamma_dot_t0: 'γ\u0307₀',
  beta: 'β',
  gamma_dot_t_offset: 'γ\u0307 offset',
  phi0: 'φ₀',
};
