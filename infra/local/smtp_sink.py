"""Takes every mail the emulator sends and keeps it as a file; nothing ever leaves this machine.

Just enough SMTP for one client on 127.0.0.1. Each mail is `<milliseconds>-<n>.eml` in the folder,
with the envelope's recipients in an `X-Envelope-To` line, because Bcc is not in the message.
"""

from __future__ import annotations

import itertools
import re
import socketserver
import time
from pathlib import Path

_ADDRESS = re.compile(rb"<([^>]*)>")


class SmtpSink(socketserver.ThreadingTCPServer):
    """Listens on 127.0.0.1 only."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._numbers = itertools.count()
        super().__init__(("127.0.0.1", port), _Conversation)

    def keep(self, recipients: list[bytes], message: bytes) -> Path:
        name = f"{time.time_ns() // 1_000_000}-{next(self._numbers):04}.eml"
        envelope = b"X-Envelope-To: " + b", ".join(recipients) + b"\r\n"
        partial = self.folder / f"{name}.part"
        partial.write_bytes(envelope + message)
        return partial.rename(self.folder / name)


class _Conversation(socketserver.StreamRequestHandler):
    server: SmtpSink

    def handle(self) -> None:
        self._say(b"220 duecourse local mail")
        recipients: list[bytes] = []
        while line := self.rfile.readline().strip():
            verb = line[:4].upper()
            if verb == b"QUIT":
                self._say(b"221 bye")
                return
            if verb == b"RCPT":
                recipients += _ADDRESS.findall(line)
            if verb == b"DATA":
                self._say(b"354 go on")
                self.server.keep(recipients, self._message())
                recipients = []
            self._say(b"250 ok")

    def _message(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b".\n", b""}:
            # A line that begins with a dot travels with one more.
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")
