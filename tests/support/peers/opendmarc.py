"""A second implementation of DMARC for the tests: Debian's libopendmarc, as a C library. In: evidence, a DNS server. Out: a verdict."""

from __future__ import annotations

import ctypes
import socket
from pathlib import Path

import publicsuffixlist

OUTCOMES = {"none": 0, "pass": 1, "fail": 2, "temperror": 3}
VERDICTS = {14: "none", 15: "pass", 16: "fail", 17: "fail", 18: "fail"}
PATH_MAX, SERVERS_MAX = 4096, 3


class _Address(ctypes.Structure):
    _fields_ = (("family", ctypes.c_uint16), ("port", ctypes.c_uint16), ("address", ctypes.c_uint8 * 4), ("zero", ctypes.c_uint8 * 8))


class _Library(ctypes.Structure):
    _fields_ = (
        ("tld_type", ctypes.c_int),
        ("tld_file", ctypes.c_char * PATH_MAX),
        ("count", ctypes.c_int),
        ("servers", _Address * SERVERS_MAX),
    )


class OpenDmarc:
    """libopendmarc that asks the server at `port` and knows the public suffixes that mailgate knows."""

    def __init__(self, port: int) -> None:
        self._library = ctypes.CDLL("libopendmarc.so.2")
        self._library.opendmarc_policy_connect_init.restype = ctypes.c_void_p
        suffixes = Path(publicsuffixlist.__file__).parent / "public_suffix_list.dat"
        server = _Address(socket.AF_INET, socket.htons(port), (ctypes.c_uint8 * 4)(127, 0, 0, 1))
        self._setup = _Library(1, str(suffixes).encode(), 1, (_Address * SERVERS_MAX)(server))
        assert self._library.opendmarc_policy_library_init(ctypes.byref(self._setup)) == 0

    def verdict(self, author: str, spf: tuple[str, str], dkim: list[tuple[str, str]]) -> str:
        """`pass`, `fail` or `none` for an author's domain and (domain, result) of SPF and of each signature."""
        call = self._library
        context = ctypes.c_void_p(call.opendmarc_policy_connect_init(b"192.0.2.1", 0))
        try:
            call.opendmarc_policy_store_from_domain(context, author.encode())
            if spf[0]:
                call.opendmarc_policy_store_spf(context, spf[0].encode(), OUTCOMES.get(spf[1], 2), 0, None)
            for domain, result in dkim:
                call.opendmarc_policy_store_dkim(context, domain.encode(), b"s", OUTCOMES.get(result, 2), None)
            call.opendmarc_policy_query_dmarc(context, author.encode())
            return VERDICTS.get(call.opendmarc_get_policy_to_enforce(context), "none")
        finally:
            call.opendmarc_policy_connect_shutdown(context)
