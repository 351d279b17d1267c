"""What all tests share; the code is in `tests.support`."""

pytest_plugins = [f"tests.support.harness.{name}" for name in ("services", "isolation", "reruns", "slow")]
