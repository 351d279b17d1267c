"""Memory of a process: large blocks are returned to the system at once; objects loaded at the start are not scanned again.

Used by the gateway and by the reader. In: nothing. Out: nothing.
"""

from __future__ import annotations

import ctypes
import gc

GARBAGE_THRESHOLDS = (20_000, 20, 50)
"""Of `gc.set_threshold`. A batch makes some thousand objects that die with it; Python's 700 has them looked through again and again."""
LARGE_BYTES = 1024 * 1024
_M_MMAP_THRESHOLD = -3  # mallopt(3)


def return_large_blocks() -> None:
    """Have the C library map blocks of 1 MiB and more by themselves. Call once, at the start of a process that meets large mails.

    By itself glibc raises that bound to 32 MiB with the first large block that is freed; later ones stay in a heap that cannot shrink.
    Does nothing where the library has no such call.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)


def spare_collector() -> None:
    """Have the collector look less often, and never again at what was loaded at the start: a tenth of the CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
