"""The Ray side of twotime: a driver process, and one actor per node that owns one host process.

Needs Python 3.8 and Ray 2.9 or newer, nothing else. The program starts it as ``python -m twotime_ray`` and talks to it
over a pair of sockets; what the frames on it hold is described in ``frames.py``.
"""
