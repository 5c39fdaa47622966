"""Read what the rivals in Python are given: an APS-legacy two-time file, as `twotime` takes it."""

import h5py
import numpy as np

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
