"""Sample an APS-legacy two-time file with NumPyro's NUTS on all points: the rival of bench/sampling/rival.ts.

The same support (pairs i < j without the frame at t = 0), model (`published`) and priors as `twotime sample --likelihood
independent`; contrast, offset and one sigma per angle are sampled, as a NumPyro program does. It is given the posterior that
twotime found: chains begin at its mean, with its covariance as a dense metric, and run side by side.
Double precision.

Usage: numpyro_nuts.py FILE SAMPLES.npz GAP CHAINS WARMUP DRAWS    prints one JSON line (GAP in Angstrom)
"""

import json
import resource
import sys
import time
from pathlib import Path

CHAINS = int(sys.argv[4])
started = time.perf_counter()

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.infer import MCMC, NUTS, init_to_value

numpyro.enable_x64()
numpyro.set_host_device_count(CHAINS)

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rival_input import PHYSICAL, read


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
    gap, warmup, draws = float(sys.argv[3]), int(sys.argv[5]), int(sys.argv[6])
    q, phi, t, dt, c2 = read(sys.argv[1])
    model = make_model(q, phi, t, dt, gap)
    y = jnp.asarray(c2, dtype=jnp.float64)
    # It begins in the middle of the posterior with the exact lengths and correlations of its coordinates, so the warmup need not
    # find them: log of what is positive, logit of the contrast, sites in the order of their names.
    with np.load(sys.argv[2]) as file:
        found = {name: file[name].reshape(-1, *file[name].shape[2:]) for name in [*PHYSICAL, "contrast", "offset", "sigma"]}
    init = {name: np.mean(values, axis=0) for name, values in found.items()}
    ways = {name: np.log for name in ["D0", "gamma_dot_t0", "sigma"]} | {"contrast": lambda c: np.log(c / (1 - c))}
    columns = [ways.get(name, np.asarray)(found[name]).reshape(len(found["D0"]), -1) for name in sorted(found)]
    metric = np.cov(np.concatenate(columns, axis=1), rowvar=False)
    held = {"dense_mass": True, "inverse_mass_matrix": metric, "adapt_mass_matrix": False}
    kernel = NUTS(model, **held, init_strategy=init_to_value(values=init))
    mcmc = MCMC(kernel, num_warmup=warmup, num_samples=draws, num_chains=CHAINS, chain_method="parallel", progress_bar=False)
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
