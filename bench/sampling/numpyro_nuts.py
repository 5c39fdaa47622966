"""Sample an APS-legacy two-time file with NumPyro's NUTS on all points: the rival of bench/sampling/rival.ts.

The same support (pairs i < j without the frame at t = 0), model (`published`) and priors as `twotime sample --likelihood
independent`; contrast, offset and one sigma per angle are sampled, as a NumPyro program does. It starts at the values given,
with a dense metric that has about the right lengths, in double precision and on all cores.

Usage: numpyro_nuts.py FILE START.json CHAINS WARMUP DRAWS    prints one JSON line
START.json: {"gap": A, "D0": ..., "alpha": ..., ..., "phi0": deg, "contrast": c, "sd": {the same names, "offset", "sigma"}}
"""

import json
import resource
import sys
import time

CHAINS = int(sys.argv[3])
started = time.perf_counter()

import h5py
import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.infer import MCMC, NUTS, init_to_value

numpyro.enable_x64()

PHYSICAL = ["D0", "alpha", "D_offset", "gamma_dot_t0", "beta", "gamma_dot_t_offset", "phi0"]


def read(path):
    """Return q (1/A), phi (deg, shape P), t (s, shape N), dt (s) and c2 (P, N, N) without the frame at t = 0."""
    with h5py.File(path) as file:
        bins = file["xpcs/qphi_bin_to_process"][()].ravel()
        q = file["xpcs/dqlist"][0]
        phi = file["xpcs/dphilist"][0]
        dt = float(np.ravel(file["measurement/instrument/detector/exposure_period"][()])[0])
        group = file["exchange/C2T_all"]
        c2 = np.stack([group[name][1:, 1:] for name in sorted(group)])
    index = np.asarray(bins, dtype=int) - 1
    t = dt * np.arange(1, c2.shape[1] + 1)
    return float(q[index[0]]), phi[index], t, dt, c2


def power_integral(t, dt, exponent):
    """Integral of s^exponent from dt to t; the series keeps it smooth at exponent = -1."""
    p = 1.0 + exponent
    u = jnp.log(t / dt)
    near = jnp.abs(p) < 1e-6
    safe = jnp.where(near, 1.0, p)
    return dt**p * jnp.where(near, u * (1 + p * u / 2), jnp.expm1(safe * u) / safe)


def make_model(q, phi, t, dt, gap):
    # Whole matrices and a mask: gradients of gathered pairs would be scattered, which is several times slower.
    upper = jnp.asarray(np.triu(np.ones((t.size, t.size)), 1))
    pairs = t.size * (t.size - 1) / 2
    elapsed = jnp.asarray(t - dt)

    def model(y):
        d0 = numpyro.sample("D0", dist.LogNormal(np.log(1e3), np.log(30)))
        alpha = numpyro.sample("alpha", dist.Normal(0, 1))
        d_offset = numpyro.sample("D_offset", dist.Normal(0, 1e3))
        g0 = numpyro.sample("gamma_dot_t0", dist.LogNormal(np.log(1e-2), np.log(30)))
        beta = numpyro.sample("beta", dist.Normal(0, 1))
        g_offset = numpyro.sample("gamma_dot_t_offset", dist.Normal(0, 0.05))
        phi0 = numpyro.sample("phi0", dist.Normal(0, 10))
        with numpyro.plate("angles", phi.size):
            contrast = numpyro.sample("contrast", dist.Uniform(0, 1))
            offset = numpyro.sample("offset", dist.Normal(1, 0.1))
            sigma = numpyro.sample("sigma", dist.LogNormal(np.log(0.05), 5))
        c = d0 * power_integral(t, dt, alpha) + d_offset * elapsed
        g = g0 * power_integral(t, dt, beta) + g_offset * elapsed
        decay = upper * jnp.exp(-(q**2) * jnp.abs(c[None, :] - c[:, None]))
        h = 0.5 * q * gap * jnp.cos(jnp.deg2rad(phi0 - phi))
        shape = decay * jnp.sinc(h[:, None, None] * (g[None, :] - g[:, None]) / jnp.pi) ** 2
        residual = upper * (y - offset[:, None, None]) - contrast[:, None, None] * shape
        squares = jnp.sum(residual**2, axis=(1, 2))
        numpyro.factor("c2", jnp.sum(-0.5 * squares / sigma**2 - pairs * jnp.log(sigma)))

    return model


def main():
    with open(sys.argv[2]) as file:
        start = json.load(file)
    warmup, draws = int(sys.argv[4]), int(sys.argv[5])
    q, phi, t, dt, c2 = read(sys.argv[1])
    model = make_model(q, phi, t, dt, start["gap"])
    y = jnp.asarray(c2, dtype=jnp.float64)
    init = {name: float(start[name]) for name in PHYSICAL}
    init |= {
        "contrast": jnp.full(phi.size, start["contrast"]),
        "offset": jnp.ones(phi.size),
        "sigma": jnp.full(phi.size, 0.05),
    }
    # Steps begin in the right lengths, so that the warmup need not find them: sites in the order of their names.
    angles = np.ones(phi.size)
    sd = start["sd"]
    variances = {
        "D0": sd["D0"] / start["D0"],
        "D_offset": sd["D_offset"],
        "alpha": sd["alpha"],
        "beta": sd["beta"],
        "contrast": angles * sd["contrast"] / (start["contrast"] * (1 - start["contrast"])),
        "gamma_dot_t0": sd["gamma_dot_t0"] / start["gamma_dot_t0"],
        "gamma_dot_t_offset": sd["gamma_dot_t_offset"],
        "offset": angles * sd["offset"],
        "phi0": sd["phi0"],
        "sigma": angles * sd["sigma"] / 0.05,
    }
    metric = np.diag(np.concatenate([np.atleast_1d(value) for value in variances.values()]) ** 2)
    kernel = NUTS(model, dense_mass=True, inverse_mass_matrix=metric, init_strategy=init_to_value(values=init))
    mcmc = MCMC(kernel, num_warmup=warmup, num_samples=draws, num_chains=CHAINS, chain_method="sequential", progress_bar=False)
    mcmc.run(jax.random.PRNGKey(1), y, extra_fields=("diverging", "num_steps"))
    samples = mcmc.get_samples(group_by_chain=True)
    extra = mcmc.get_extra_fields()
    print(
        json.dumps(
            {
                "draws": {name: np.asarray(samples[name]).tolist() for name in PHYSICAL},
                "divergences": int(np.sum(np.asarray(extra["diverging"]))),
                "leapfrogsPerDraw": float(np.mean(np.asarray(extra["num_steps"]))),
                "seconds": time.perf_counter() - started,
                "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
                "versions": {"numpyro": numpyro.__version__, "jax": jax.__version__},
            }
        )
    )


if __name__ == "__main__":
    main()
