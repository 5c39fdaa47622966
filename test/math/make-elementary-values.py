"""Write elementary-values.json: elementary functions at fixed arguments in 400-digit arithmetic.

Each value is stored as two float64 numbers whose sum is right to 32 digits, so that a test can measure errors in ulp.
Made with Python 3.11 and mpmath 1.3.0:   python make-elementary-values.py
"""
import json
import math
import pathlib
import random

from mpmath import mp, mpf

mp.dps = 400
draw = random.Random(20260101)


def signed(lo, hi):
    """A number whose magnitude is spread evenly over the decades from lo to hi."""
    return draw.choice((-1, 1)) * 10 ** draw.uniform(math.log10(lo), math.log10(hi))


def near_multiples_of_half_pi(largest, count):
    return [float(draw.randrange(1, largest) * mp.pi / 2) for _ in range(count)]


hardest = [math.ldexp(6381956970095103, 797), 1e22, 1.7976931348623157e308, -2.0**1000, 1647099.0, 1647099.5]
angles = (
    [signed(1e-9, 10) for _ in range(50)]
    + [signed(10, 1.6e6) for _ in range(40)]
    + [signed(1.6e6, 1e300) for _ in range(40)]
    + near_multiples_of_half_pi(2**20, 25)
    + near_multiples_of_half_pi(2**50, 15)
    + hardest
)
cases = {
    'exp': [[x] for x in [signed(1e-12, 1) for _ in range(30)] + [draw.uniform(-708, 709) for _ in range(60)]],
    'expm1': [[x] for x in [signed(1e-300, 1e-8) for _ in range(10)] + [signed(1e-8, 2) for _ in range(70)] + [draw.uniform(-50, 700) for _ in range(30)]],
    'log': [[abs(x)] for x in [signed(1e-307, 1e307) for _ in range(30)] + [1 + signed(1e-15, 0.5) for _ in range(50)] + [5e-324, 1e-310]],
    'log1p': [[x] for x in [signed(1e-300, 1e-9) for _ in range(10)] + [signed(1e-9, 0.9) for _ in range(50)] + [abs(signed(1, 1e9)) for _ in range(20)]],
    'pow': [[abs(signed(1e-6, 1e6)), draw.uniform(-4, 4)] for _ in range(70)]
    + [[1 + signed(1e-12, 0.4), signed(1, 1e3)] for _ in range(30)]
    + [[abs(signed(1e-200, 1e200)), signed(0.01, 1.5)] for _ in range(20)],
    'sin': [[x] for x in angles],
    'cos': [[x] for x in angles],
    'cosDegrees': [[draw.uniform(-720, 720)] for _ in range(30)] + [[89.999999], [1e-5], [-30.0], [60.0]],
    'sinDegrees': [[draw.uniform(-720, 720)] for _ in range(30)] + [[180.0000001], [1e-5], [-30.0], [60.0]],
}
functions = {
    'exp': mp.exp,
    'expm1': lambda x: mp.exp(x) - 1,
    'log': mp.log,
    'log1p': lambda x: mp.log(1 + x),
    'pow': lambda x, y: mp.exp(y * mp.log(x)),
    'sin': mp.sin,
    'cos': mp.cos,
    'cosDegrees': lambda x: mp.cos(x * mp.pi / 180),
    'sinDegrees': lambda x: mp.sin(x * mp.pi / 180),
}
lines = []
for name, arguments in cases.items():
    rows = []
    for row in arguments:
        value = functions[name](*[mpf(x) for x in row])
        high = float(value)
        rows.append(json.dumps([*row, high, float(value - mpf(high))]))
    lines.append(f'  "{name}": [\n    ' + ',\n    '.join(rows) + '\n  ]')
target = pathlib.Path(__file__).with_name('elementary-values.json')
target.write_text('{\n' + ',\n'.join(lines) + '\n}\n')
