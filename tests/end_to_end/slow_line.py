"""A slow line: a TCP proxy that lets so many bytes a second through and takes its time each way."""

from __future__ import annotations

import queue
import socket
import threading
import time

#: What is read at once, and what the proxy's own socket may hold: little, so that the queue is the sender's.
PIECE = 2048


class SlowLine:
    """Carries connections on `port` to `target` on this machine, `rate` bytes a second and `delay` seconds each way."""

    def __init__(self, target: int, rate: float, delay: float) -> None:
        self._target, self._rate, self._delay = target, rate, delay
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break all connections, as when a cable is pulled and the systems at both ends have noticed."""
        for end in self._ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def close(self) -> None:
        """Break all connections and take no more."""
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.socket()
            far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)
            far.connect(("127.0.0.1", self._target))
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._ends += [near, far]
            for source, sink in ((near, far), (far, near)):
                on_the_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
                threading.Thread(target=self._take_in, args=(source, on_the_way), daemon=True).start()
                threading.Thread(target=self._hand_out, args=(sink, on_the_way), daemon=True).start()

    def _take_in(self, source: socket.socket, on_the_way: queue.SimpleQueue[tuple[float, bytes]]) -> None:
        free_at = 0.0
        while True:
            try:
                piece = source.recv(PIECE)
            except OSError:
                piece = b""
            free_at = max(free_at, time.monotonic()) + len(piece) / self._rate
            time.sleep(max(0.0, free_at - time.monotonic()))
            on_the_way.put((free_at + self._delay, piece))
            if not piece:
                return

    def _hand_out(self, sink: socket.socket, on_the_way: queue.SimpleQueue[tuple[float, bytes]]) -> None:
        while True:
            at, piece = on_the_way.get()
            time.sleep(max(0.0, at - time.monotonic()))
            try:
                if not piece:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(piece)
            except OSError:
                return
