"""Runnable benchmarks. `python -m bench` prints one table, with the peers measured in the same run; each module runs alone, too.

In: this source tree, its virtual environment and the Debian packages of the tests. Out: text on standard output. Nothing here is
imported by mailgate.
"""
