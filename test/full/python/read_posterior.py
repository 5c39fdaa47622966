"""Reads a posterior by every library people have, runs the lines of the manual, and prints what was found as JSON.

Arguments: a JSON file with the lines of the manual by name, and the path of posterior.nc.
"""

import json
import sys
import warnings

warnings.simplefilter("ignore")

import arviz as az
import h5netcdf
import h5py
import netCDF4
import numpy as np
import xarray as xr

lines = json.load(open(sys.argv[1]))
path = sys.argv[2]
found = {"arviz": az.__version__}

manual = {}
for name, text in lines.items():
    manual[name] = {}
    exec(text, manual[name])
idata = manual["arviz"]["idata"]
table = az.summary(idata, round_to="none")
found["names"] = list(table.index)
summary = ["mean", "sd", "r_hat", "ess_bulk", "mcse_mean", "mcse_sd"]
found["summary"] = {name: [float(v) for v in table[name]] for name in summary}
old = az.__version__.startswith("0.")
tail = az.ess(idata, method="tail", **({} if old else {"prob": (0.05, 0.95)}))
found["ess_tail"] = [float(v) for name in tail.data_vars for v in np.atleast_1d(tail[name].values)]
bfmi = az.bfmi(idata)
found["bfmi"] = [float(v) for v in (bfmi if old else bfmi["energy"].values)]
found["rows"] = len(manual["arviz"]["table"])
found["manual"] = {
    "xarray": float(manual["xarray"]["D0"].mean()),
    "unit": manual["xarray"]["D0"].attrs["units"],
    "h5py": float(manual["h5py"]["D0"].mean()),
    "numpy": [float(manual["numpy"]["D0"]), float(manual["numpy"]["sigma"][0])],
    "pandas": [float(manual["pandas"]["df"]["mean"][0]), len(manual["pandas"]["df"])],
}

found["groups"] = {}
for engine in ("netcdf4", "h5netcdf"):
    tree = xr.open_datatree(path, engine=engine)
    found["groups"][engine] = {
        name: {
            "dimensions": {key: int(size) for key, size in group.sizes.items()},
            "coordinates": sorted(group.coords),
            "variables": {key: [str(one.dtype), list(one.dims)] for key, one in group.data_vars.items()},
        }
        for name, group in tree.children.items()
    }
    at = tree["posterior/contrast"].sel(phi=50)
    found["groups"][engine + " contrast"] = float(at.mean())
with netCDF4.Dataset(path) as file:
    found["netCDF4"] = {name: list(one.dimensions) for name, one in file["posterior"].variables.items()}
with h5netcdf.File(path) as file:
    found["h5netcdf"] = {name: list(one.dimensions) for name, one in file["posterior"].variables.items()}
with h5py.File(path) as file:
    contrast = file["posterior/contrast"]
    found["h5py"] = [contrast.dims[axis][0].name for axis in range(3)]

observed, predictive = idata["observed_data"]["c2"], idata["posterior_predictive"]["c2"]
below = (predictive < observed).mean(("chain", "draw"))
found["below"] = [int(predictive.sizes["point"]), float(below.mean())]

print(json.dumps(found))
