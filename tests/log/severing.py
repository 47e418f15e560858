"""A connection that breaks: a proxy on the loopback that cuts it once a word has passed."""

import select
import socket
import threading
from contextlib import suppress
from typing import Self


class SeveringProxy:
    """Passes bytes between clients and a server; `sever_after(word)` cuts the next connection whose client
    sends the word: the server receives it, the client never hears the answer."""

    def __init__(self, port: int) -> None:
        self._server = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._word: bytes | None = None
        self.severed = 0
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        """Once the clients have closed their connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def sever_after(self, word: bytes) -> None:
        self._word = word

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was shut down
            while True:
                client, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._serve, args=(client,)))
                self._threads[-1].start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._server) as server, suppress(OSError):
            while True:
                for source in select.select([client, server], [], [])[0]:
                    data = source.recv(65536)
                    (server if source is client else client).sendall(data)
                    if not data or (source is client and self._is_the_word(data)):
                        return

    def _is_the_word(self, data: bytes) -> bool:
        if self._word is None or self._word not in data:
            return False
        self._word = None
        self.severed += 1
        return True
