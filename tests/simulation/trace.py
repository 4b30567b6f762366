"""What a run did, as a checksum: the same seed, plan and code make the same."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32


@dataclass(slots=True)
class Trace:
    """A checksum of everything that was done, and its lines when they are kept."""

    checksum: int = 0
    lines: list[str] | None = None
    wanted: bool = True

    def note(self, line: str) -> None:
        self.checksum = crc32(line.encode(), self.checksum)
        if self.lines is not None:
            self.lines.append(line)
