"""The same over TLS: OpenSSL works in memory, and the plain connection carries what it wants sent."""

from __future__ import annotations

import ssl
from contextlib import suppress

from doorbuster.swarm.transport.failures import TooLate
from doorbuster.swarm.transport.wire import Wire

_CHUNK = 1 << 16


class TlsWire:
    """A connection whose certificate has been verified."""

    __slots__ = ("_incoming", "_outgoing", "_tls", "_wire")

    def __init__(
        self, wire: Wire, context: ssl.SSLContext, name: str, session: ssl.SSLSession | None, until_s: float
    ) -> None:
        """Shake hands, resuming `session` if there is one; closes `wire` when that fails."""
        self._wire = wire
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name, session=session)
        try:
            while not self._hands_shaken(until_s):
                self._flush(until_s)
                self._fill(until_s)
            self._flush(until_s)
        except BaseException:
            wire.close()
            raise

    @property
    def session(self) -> ssl.SSLSession | None:
        """For the next connection to resume; also after this one was closed."""
        return self._tls.session

    @property
    def resumed(self) -> bool:
        return bool(self._tls.session_reused)

    def send(self, data: bytes, until_s: float) -> None:
        sent = self._tls.write(data)
        while sent < len(data):  # one record at a time
            sent += self._tls.write(memoryview(data)[sent:])
        self._flush(until_s)

    def receive(self, until_s: float) -> bytes:
        while True:
            if not (self._incoming.pending or self._tls.pending()) and not self._fill(until_s):
                return b""  # closed without a farewell: the reply knows whether it is whole
            try:
                return self._tls.read(_CHUNK)
            except ssl.SSLWantReadError:
                self._flush(until_s)
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""

    def gone(self) -> bool:
        # What was decrypted or came in already belongs to nobody; tickets for the next session came with the answer.
        return bool(self._tls.pending()) or self._wire.gone()

    def close(self) -> None:
        self._wire.close()

    def _hands_shaken(self, until_s: float) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError:
            # The other side is told why, as a browser would; whether that arrives does not matter.
            with suppress(OSError, TooLate):
                self._flush(until_s)
            raise
        return True

    def _flush(self, until_s: float) -> None:
        if self._outgoing.pending:
            self._wire.send(self._outgoing.read(), until_s)

    def _fill(self, until_s: float) -> bool:
        data = self._wire.receive(until_s)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()
        return bool(data)
