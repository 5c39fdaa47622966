"""Fit an APS-legacy two-time file with scipy.optimize.least_squares: the rival of the whole-fit bench.

The same support (pairs i < j without the frame at t = 0), model (`published`), parameters and start as `twotime fit`,
with the analytic Jacobian; contrast and offset per angle are ordinary parameters, as in every program that uses scipy.

Usage: scipy_fit.py FILE START.json    prints one JSON line: parameters, cost, evaluations, seconds, peak memory (MB)
START.json: {"gap": A, "D0": ..., "alpha": ..., ..., "phi0": deg, "bounds": {"D0": [lower, upper], ...}}
"""

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rival_input import PHYSICAL, read


def power_integral(t, dt, exponent):
    """A(t) = integral of s^exponent from dt to t and its derivative with respect to the exponent."""
    p = 1.0 + exponent
    u = np.log(t / dt)
    scale = dt**p
    if abs(p) < 1e-8:
        return scale * u, scale * (np.log(dt) * u + u * u / 2)
    e = np.expm1(p * u) / p
    return scale * e, scale * (np.log(dt) * e + (u * np.exp(p * u) - e) / p)


class Problem:
    def __init__(self, q, phi, t, dt, c2, gap):
        self.q, self.phi, self.t, self.dt, self.gap = q, phi, t, dt, gap
        self.i, self.j = np.triu_indices(t.size, 1)
        self.y = c2[:, self.i, self.j].astype(np.float64)
        self.angles = phi.size
        self.cached = (None, None)

    def evaluate(self, theta):
        if self.cached[0] is not None and np.array_equal(self.cached[0], theta):
            return self.cached[1]
        d0, alpha, d_offset, g0, beta, g_offset, phi0 = theta[:7]
        contrast = theta[7 : 7 + self.angles]
        offset = theta[7 + self.angles :]
        a, da = power_integral(self.t, self.dt, alpha)
        b, db = power_integral(self.t, self.dt, beta)
        elapsed = self.t - self.dt
        delta = lambda vector: vector[self.j] - vector[self.i]
        kappa = self.q**2
        decay = np.exp(-kappa * (d0 * delta(a) + d_offset * delta(elapsed)))
        strain = g0 * delta(b) + g_offset * delta(elapsed)
        m = self.y.size // self.angles
        residual = np.empty((self.angles, m))
        jacobian = np.zeros((self.angles, m, theta.size))
        for k in range(self.angles):
            angle = np.deg2rad(phi0 - self.phi[k])
            h = 0.5 * self.q * self.gap * np.cos(angle)
            x = h * strain
            sinc = np.sinc(x / np.pi)
            shape = decay * sinc**2
            with np.errstate(divide="ignore", invalid="ignore"):
                slope = np.where(np.abs(x) < 1e-3, -x / 3, (np.cos(x) - sinc) / x)
            by_x = 2 * decay * sinc * slope
            residual[k] = offset[k] + contrast[k] * shape - self.y[k]
            c = contrast[k]
            block = jacobian[k]
            block[:, 0] = -c * kappa * shape * delta(a)
            block[:, 1] = -c * kappa * shape * d0 * delta(da)
            block[:, 2] = -c * kappa * shape * delta(elapsed)
            block[:, 3] = c * by_x * h * delta(b)
            block[:, 4] = c * by_x * h * g0 * delta(db)
            block[:, 5] = c * by_x * h * delta(elapsed)
            block[:, 6] = -c * by_x * strain * 0.5 * self.q * self.gap * np.sin(angle) * np.pi / 180
            block[:, 7 + k] = shape
            block[:, 7 + self.angles + k] = 1
        result = residual.ravel(), jacobian.reshape(-1, theta.size)
        self.cached = (theta.copy(), result)
        return result


def main():
    started = time.perf_counter()
    with open(sys.argv[2]) as file:
        start = json.load(file)
    q, phi, t, dt, c2 = read(sys.argv[1])
    problem = Problem(q, phi, t, dt, c2, start["gap"])
    theta = np.array([start[name] for name in PHYSICAL] + [0.3] * phi.size + [1.0] * phi.size)
    lower = [start["bounds"][name][0] for name in PHYSICAL] + [0.0] * phi.size + [0.5] * phi.size
    upper = [start["bounds"][name][1] for name in PHYSICAL] + [1.0] * phi.size + [1.5] * phi.size
    fit = least_squares(
        lambda x: problem.evaluate(x)[0],
        theta,
        jac=lambda x: problem.evaluate(x)[1],
        bounds=(lower, upper),
        x_scale="jac",
        ftol=1e-10,
        xtol=1e-10,
        gtol=1e-10,
    )
    print(
        json.dumps(
            {
                "parameters": dict(zip(PHYSICAL, fit.x[:7].tolist())),
                "ssr": 2 * fit.cost,
                "evaluations": fit.nfev,
                "status": fit.message,
                "seconds": time.perf_counter() - started,
                "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
            }
        )
    )


if __name__ == "__main__":
    main()
