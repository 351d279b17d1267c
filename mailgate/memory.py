"""Memory of one process: large blocks go back to the system as soon as nothing needs them. Nothing in, nothing out."""

from __future__ import annotations

import ctypes

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
