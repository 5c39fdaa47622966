"""Tests of the Ray side without Ray: ``python3 -m unittest discover -s python/tests -t python``."""
