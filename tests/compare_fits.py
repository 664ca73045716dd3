"""Fits the columns of a table with scipy, which knows right censoring, and holds linetwin's fit.json against that.

usage: compare_fits.py log.csv fit.json; exit code 3 where scipy is missing.
"""

import csv
import json
import sys

try:
    import numpy
    from scipy import stats
except ImportError as error:
    print(f"no scipy here ({error})")
    sys.exit(3)

rows = list(csv.DictReader(open(sys.argv[1], encoding="utf-8")))
found = json.load(open(sys.argv[2], encoding="utf-8"))
SCIPY = {"Exponential": "expon", "Gamma": "gamma", "Weibull": "weibull_min", "Lognormal": "lognorm", "Normal": "norm", "Uniform": "uniform"}


def of_scene(family, p):
    """The parameters of a scene as scipy's: shapes, location, scale."""
    if family == "Lognormal":
        sigma = numpy.sqrt(numpy.log1p((p["sd"] / p["mean"]) ** 2))
        return (sigma, 0, p["mean"] / numpy.exp(sigma**2 / 2))
    return {
        "Exponential": lambda: (0, p["mean"]),
        "Gamma": lambda: (p["shape"], 0, p["scale"]),
        "Weibull": lambda: (p["shape"], 0, p["scale"]),
        "Normal": lambda: (p["mean"], p["sd"]),
        "Uniform": lambda: (p["min"], p["max"] - p["min"]),
    }[family]()


def log_likelihood(distribution, arguments, values, bounds):
    return distribution.logpdf(values, *arguments).sum() + distribution.logsf(bounds, *arguments).sum()


compared = 0
for sample in found["fits"]:
    name = sample["name"]
    flag = name + "_censored"
    values = numpy.array([float(row[name]) for row in rows if row.get(flag, "0") != "1"])
    bounds = numpy.array([float(row[name]) for row in rows if row.get(flag, "0") == "1"])
    assert len(values) == sample["observed"] and len(bounds) == sample["censored"], name
    data = stats.CensoredData(uncensored=values, right=bounds)
    for fit in sample["fits"]:
        family = fit["family"]
        if family not in SCIPY:
            continue
        distribution = getattr(stats, SCIPY[family])
        ours = of_scene(family, {parameter["name"]: parameter["value"] for parameter in fit["parameters"]})
        told = log_likelihood(distribution, ours, values, bounds)
        assert abs(told - fit["log_likelihood"]) < 1e-6 * abs(told), (name, family, told, fit["log_likelihood"])
        free = {} if family in ("Normal", "Uniform") else {"floc": 0}
        theirs = distribution.fit(data if len(bounds) else values, **free)
        best = log_likelihood(distribution, theirs, values, bounds)
        assert told > best - 1e-4, (name, family, "scipy finds a more likely one", theirs, best, told)
        if not len(bounds):
            ks = stats.kstest(values, SCIPY[family], args=ours).statistic
            assert abs(ks - fit["ks"]["value"]) < 1e-6, (name, family, ks, fit["ks"])
        compared += 1
print(f"{compared} fits agree")
assert compared >= 9
