/** The step size that gives a wanted acceptance, by dual averaging (Hoffman & Gelman 2014, section 3.2; Nesterov 2009). */
import { exp, log, pow } from '../../math/index.ts';

/** Where the averaging is; plain numbers. */
export interface DualAveraging {
  /** ln of ten times the first step size: where ln ε is drawn to. */
  readonly centre: number;
  readonly count: number;
  /** Running mean of wanted less found acceptance. */
  readonly error: number;
  /** ln of the averaged step size. */
  readonly logAverage: number;
}

const GAMMA = 0.05;
const T0 = 10;
const KAPPA = 0.75;

export function startAveraging(stepSize: number): DualAveraging {
  return { centre: log(10 * stepSize), count: 0, error: 0, logAverage: 0 };
}

/** Learn from one acceptance; also the step size to try next. */
export function learn(
  state: DualAveraging,
  acceptance: number,
  target: number,
): { readonly state: DualAveraging; readonly stepSize: number } {
  const count = state.count + 1;
  const share = 1 / (count + T0);
  const error = (1 - share) * state.error + share * (target - acceptance);
  const logStep = state.centre - (error * Math.sqrt(count)) / GAMMA;
  const weight = pow(count, -KAPPA);
  const logAverage = weight * logStep + (1 - weight) * state.logAverage;
  return { state: { ...state, count, error, logAverage }, stepSize: exp(logStep) };
}

/** The step size learnt. */
export function averagedStep({ logAverage }: DualAveraging): number {
  return exp(logAverage);
}
