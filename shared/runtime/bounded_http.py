"""
uvicorn's fast HTTP/1.1, which by itself reads headers without an end, and takes trailers for headers.

httptools keeps a header that has not ended yet where nobody can see it, so what counts is what came and was no body.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# As uvicorn's other implementation has it, for a request's line, its headers, and its trailers.
_MOST_BYTES = 64 * 1024
# A chunk's length in hexadecimal and two line ends, generously.
_OF_A_CHUNK = 32


class BoundedHttp(HttpToolsProtocol):
    """Closes the connection of whoever sends more than 64 KiB beside a body."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._beside = 0
        self._headers_came = False

    def data_received(self, data: bytes) -> None:
        self._beside += len(data)
        super().data_received(data)
        if self._beside > _MOST_BYTES and not self.transport.is_closing():
            if self._headers_came:
                self.transport.close()
            else:
                self.send_400_response("The headers are too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._headers_came = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Not of a trailer: the application has the list of headers already, and trusts what is in it."""
        if not self._headers_came:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._headers_came = True
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        self._beside = max(0, self._beside - _OF_A_CHUNK)

    def on_body(self, body: bytes) -> None:
        self._beside = max(0, self._beside - len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._beside = 0
        super().on_message_complete()
