"""What all tests share; the code is in `tests.support`."""

pytest_plugins = ["tests.support.services", "tests.support.isolation", "tests.support.reruns", "tests.support.slow"]
