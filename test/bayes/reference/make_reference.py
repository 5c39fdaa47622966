"""Writes arviz.json: small arrays of draws and what ArviZ says about them.

Run in an environment with requirements.txt (Python 3.11 or newer):

    python make_reference.py > arviz.json

Two implementations are asked: ArviZ 0.23 (`arviz`) and `arviz-stats`, which ArviZ 1.x computes with.
"""

import json
import sys
import warnings

import arviz as az
import numpy as np
from arviz_stats.base.array import array_stats
from scipy import stats

warnings.simplefilter("ignore")
random = np.random.default_rng(20261125)


def autoregressive(chains, draws, rho):
    values = np.empty((chains, draws))
    values[:, 0] = random.normal(size=chains)
    for k in range(1, draws):
        values[:, k] = rho * values[:, k - 1] + np.sqrt(1 - rho**2) * random.normal(size=chains)
    return values


def shifted():
    values = random.normal(size=(4, 100))
    values[2] += 3
    return values


def stuck():
    values = random.normal(size=(4, 100))
    values[1] = 0.75
    return values


def narrow():
    values = random.normal(size=(4, 100))
    values[3] *= 0.1
    return values


DRAWS = {
    "independent": random.normal(size=(4, 100)),
    "correlated": autoregressive(4, 120, 0.9),
    "anticorrelated": autoregressive(4, 100, -0.6),
    "shifted chain": shifted(),
    "stuck chain": stuck(),
    "one narrow chain": narrow(),
    "heavy tails": stats.cauchy.rvs(size=(4, 100), random_state=random),
    "skewed": np.exp(1.5 * random.normal(size=(3, 80))),
    "ties": random.integers(0, 5, size=(4, 60)).astype(float),
    "odd number of draws": autoregressive(2, 101, 0.5),
    "one chain": autoregressive(1, 90, 0.3),
    "short": random.normal(size=(4, 7)),
}
WEIGHTS = {
    "light tail": -0.5 * 0.3 * random.normal(size=400) ** 2,
    "normal": 1.0 * random.normal(size=600),
    "heavy tail": 0.8 * stats.expon.rvs(size=500, random_state=random),
    "few": 0.5 * random.normal(size=100),
}
QUANTILES = (0.05, 0.5, 0.9)


def number(value):
    """Infinite and undefined values as text, since JSON has none."""
    value = float(value)
    return value if np.isfinite(value) else str(value)


def of_draws(ary):
    new = array_stats
    axes = {"chain_axis": 0, "draw_axis": 1}
    chains = len(ary)
    result = {
        "old": {
            "rhat": az.rhat(ary) if chains > 1 else np.nan,
            "essBulk": az.ess(ary, method="bulk"),
            "essTail": az.ess(ary, method="tail"),
            "essMean": az.ess(ary, method="mean"),
            "mcseMean": az.mcse(ary, method="mean"),
            "mcseSd": az.mcse(ary, method="sd"),
            "bfmi": list(az.bfmi(ary)),
        },
        "new": {
            "rhat": new.rhat(ary, **axes) if chains > 1 else np.nan,
            "essBulk": new.ess(ary, method="bulk", **axes),
            "essTail": new.ess(ary, method="tail", prob=(0.05, 0.95), **axes),
            "essMean": new.ess(ary, method="mean", **axes),
            "mcseMean": new.mcse(ary, method="mean", **axes),
            "mcseSd": new.mcse(ary, method="sd", **axes),
            "bfmi": list(new.bfmi(ary, **axes)),
        },
    }
    for prob in QUANTILES:
        result["old"][f"essQuantile {prob}"] = az.ess(ary, method="quantile", prob=prob)
        result["old"][f"mcseQuantile {prob}"] = az.mcse(ary, method="quantile", prob=prob)
        result["new"][f"essQuantile {prob}"] = new.ess(ary, method="quantile", prob=prob, **axes)
        result["new"][f"mcseQuantile {prob}"] = new.mcse(ary, method="quantile", prob=prob, **axes)
    return {
        version: {name: [number(v) for v in value] if isinstance(value, list) else number(value) for name, value in entries.items()}
        for version, entries in result.items()
    }


def of_weights(log_weights):
    smooth, k = az.psislw(log_weights.copy())
    size = len(log_weights)
    tail = array_stats._get_ps_tails(size, 1.0, tail="right")
    new_smooth, new_k = array_stats._ps_tail(
        log_weights.copy(), size, tail, smooth_draws=True, tail="right", log_weights=True
    )
    return {
        "old": {"k": number(k), "smooth": [number(v) for v in smooth]},
        "new": {"k": number(new_k), "tail": int(tail), "smooth": [number(v) for v in new_smooth]},
    }


def rounded(values):
    """Short numbers keep the file small; the reference values are those of the rounded ones."""
    return np.array([[float(f"{value:.5g}") for value in row] for row in np.atleast_2d(values)])


FUNCTIONS = {
    "normalCdf": [[x, stats.norm.cdf(x)] for x in (-37.0, -8.5, -3.1, -2.9, -0.4, 0.0, 1e-9, 0.7, 2.9, 3.1, 6.0)],
    "normalQuantile": [[p, stats.norm.ppf(p)] for p in (1e-300, 1e-20, 1e-6, 0.02, 0.3, 0.5, 0.77, 0.999, 1 - 1e-12)],
    "betaQuantile": [
        [p, a, b, stats.beta.ppf(p, a, b)]
        for p in (0.1586553, 0.8413447)
        for a, b in ((1.5, 2.0), (21.0, 381.0), (200.3, 200.3), (9001.0, 1001.0))
    ],
}


def main():
    draws = {name: rounded(values) for name, values in DRAWS.items()}
    weights = {name: rounded(values)[0] for name, values in WEIGHTS.items()}
    json.dump(
        {
            "made with": {"arviz": az.__version__, "arviz-stats": "0.8.0", "numpy": np.__version__},
            "draws": {name: {"chains": ary.tolist(), **of_draws(ary)} for name, ary in draws.items()},
            "weights": {name: {"logWeights": lw.tolist(), **of_weights(lw)} for name, lw in weights.items()},
            "functions": FUNCTIONS,
        },
        sys.stdout,
        separators=(",", ":"),
    )
    print()


main()
