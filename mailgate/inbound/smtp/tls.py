"""Accept stage: TLS for incoming connections. In: certificate and key files. Out: a context. TLS 1.2 and up (RFC 8996)."""

from __future__ import annotations

import asyncio
import ssl
from asyncio import sslproto

from mailgate.errors import ConfigError


def server_context(certificate_file: str, key_file: str) -> ssl.SSLContext:
    """A context for STARTTLS and implicit TLS. Raises ConfigError when the files cannot be read or do not belong together."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # No compression (CRIME), no renegotiation (costs CPU at the client's will), our order of ciphers.
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    try:
        context.load_cert_chain(certificate_file, key_file, password=str)  # "": an encrypted key is refused, no terminal is asked
    except ssl.SSLError as error:
        hint = "give a PEM certificate chain and its unencrypted private key"
        raise ConfigError("certificate and key do not fit together or are not PEM", file=certificate_file, hint=hint) from error
    except OSError as error:
        raise ConfigError(f"cannot read the TLS files: {error.strerror}", file=error.filename or certificate_file) from error
    return context


def renew(context: ssl.SSLContext, certificate_file: str, key_file: str) -> None:
    """Show this certificate in the context's handshakes from now on. Raises ConfigError for one that cannot be used: the old one stays.

    The new pair is checked in a separate context before it is used: a context into which half of a pair was loaded can use neither the old
    nor the new one. The callback comes with each ClientHello, also one without a server name (RFC 6066 section 3).
    """
    new = server_context(certificate_file, key_file)

    def show(session: ssl.SSLSocket | ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        session.context = new

    context.sni_callback = show


class TlsLayer(sslproto.SSLProtocol):
    """The standard library's TLS layer with two changes for a server with many idle and hostile clients.

    The read buffer is one record instead of 256 KiB, and a connection that is aborted during the handshake fails `done`.
    """

    max_size = 16 * 1024

    def __init__(
        self, loop: asyncio.AbstractEventLoop, session: asyncio.Protocol, context: ssl.SSLContext, done: asyncio.Future[None]
    ) -> None:
        super().__init__(loop, session, context, done, server_side=True)
        self._done = done

    def connection_lost(self, exc: BaseException | None) -> None:
        """Called by the transport. Without an error, the base class would report the handshake as done."""
        if exc is None and not self._done.done():
            exc = ConnectionResetError("connection lost in the TLS handshake")
        super().connection_lost(exc)

    def give(self, data: bytes) -> None:
        """Pass on input that was read before this layer was installed. Call after `connection_made`."""
        while data:
            buffer = self.get_buffer(len(data))
            taken = min(len(buffer), len(data))
            buffer[:taken] = data[:taken]
            self.buffer_updated(taken)
            data = data[taken:]
