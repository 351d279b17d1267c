"""Commands that serve until they are stopped: `run` (all in one), `smtp`, `worker` and `web`, each for several processes or hosts."""
