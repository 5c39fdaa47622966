"""Write model-values.json: integrals of power laws and the pair function with derivatives, in 60-digit arithmetic.

Nothing here knows the formulas of the program: integrals are numerical quadrature, derivatives are differences of
60-digit numbers. Made with Python 3.11 and mpmath 1.3.0:   python make-model-values.py
"""
import json
import pathlib
import random

from mpmath import mp, mpf, cos, diff, exp, log, pi, quad, sin, sqrt

mp.dps = 60
draw = random.Random(20260102)

powers = []
for exponent in (-2.0, -1.5, -1.0001, -1.0 - 1e-9, -1.0, -1.0 + 1e-12, -0.99999, -0.5, 0.0, 1e-9, 0.7, 2.0):
    for anchor, ratio in ((1e-6, 1000.5), (0.1, 2.0), (0.1, 5000.0), (3.0, 1.0009765625), (250.0, 0.125)):
        a, t, e = mpf(anchor), mpf(anchor * ratio), mpf(exponent)
        # s = a·e^v turns the integrand into a smooth function over a short range of v.
        end = log(t / a)
        value = quad(lambda v: exp((e + 1) * (v + log(a))), [0, end / 2, end])
        slope = quad(lambda v: exp((e + 1) * (v + log(a))) * (v + log(a)), [0, end / 2, end])
        powers.append([exponent, anchor, anchor * ratio, float(value), float(slope)])


def published(kappa, c, g, h):
    x = h * g
    return exp(-kappa * c) * (1 if x == 0 else sin(x) / x) ** 2


def homodyne2(kappa, c, g, h):
    softening = mpf(10) ** -12
    x = h * sqrt(g * g + softening)
    field = exp(-kappa / 2 * sqrt(c * c + softening)) * (1 if x == 0 else sin(x) / x) ** 2
    return max(field, mpf(10) ** -10) ** 2


pairs = []
for convention, function in (('published', published), ('homodyne2', homodyne2)):
    for number in range(70):
        kappa = 10 ** draw.uniform(-6, -3)
        c = 10 ** draw.uniform(-3, 1) / kappa
        h = draw.choice((-1, 1)) * 10 ** draw.uniform(-2, 4)
        g = draw.choice((-1, 1)) * 10 ** draw.uniform(-12, 1.5) / h
        if number % 10 == 0:
            g = 0.0
        if number % 10 == 1:
            c = 0.0
        if number % 10 == 2:
            c = 10 ** draw.uniform(2, 4) / kappa
        if number % 10 == 3:
            g, h = draw.choice((-1, 1)) * 10 ** draw.uniform(-9, -5), 10 ** draw.uniform(3, 4)
        if number % 35 == 4:
            h = 0.0
        arguments = [mpf(x) for x in (kappa, c, g, h)]
        value = function(*arguments)
        slopes = [diff(function, tuple(arguments), tuple(int(k == index) for k in range(4))) for index in (1, 2, 3)]
        pairs.append([convention, kappa, c, g, h, float(value), *[float(s) for s in slopes]])

rows = lambda table: '[\n    ' + ',\n    '.join(json.dumps(row) for row in table) + '\n  ]'
target = pathlib.Path(__file__).with_name('model-values.json')
target.write_text('{\n  "powers": ' + rows(powers) + ',\n  "pairs": ' + rows(pairs) + '\n}\n')
