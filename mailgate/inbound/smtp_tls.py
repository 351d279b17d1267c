"""Accept stage: TLS for incoming connections. In: certificate and key files. Out: a context. TLS 1.2 and up (RFC 8996)."""

from __future__ import annotations

import ssl
from asyncio import sslproto

from mailgate.errors import ConfigError


def server_context(certificate_file: str, key_file: str) -> ssl.SSLContext:
    """A context for STARTTLS and implicit TLS. Raises ConfigError when the files cannot be read or do not belong together."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # No compression (CRIME), no renegotiation (a client could make us work for nothing), our order of ciphers.
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    try:
        context.load_cert_chain(certificate_file, key_file)
    except ssl.SSLError as error:
        hint = "give a PEM certificate chain and its unencrypted private key"
        raise ConfigError("certificate and key do not fit together or are not PEM", file=certificate_file, hint=hint) from error
    except OSError as error:
        raise ConfigError(f"cannot read the TLS files: {error.strerror}", file=error.filename or certificate_file) from error
    return context


class TlsLayer(sslproto.SSLProtocol):
    """The standard library's TLS layer with a read buffer of one record instead of 256 KiB: idle sessions are many, and each has one."""

    max_size = 16 * 1024
