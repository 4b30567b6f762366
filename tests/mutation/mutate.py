"""mutmut, with one operator more: it leaves f-strings alone, and our keys are little else.

Each piece of an f-string is dropped in turn, text and value alike: a key that forgets its business
or its attempt is the worst mutant there is. Run in the folder that is to be mutated.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst
from mutmut.__main__ import cli
from mutmut.mutation.mutators import mutation_operators


def drop_a_piece(node: libcst.FormattedString) -> Iterator[libcst.FormattedString]:
    for place in range(len(node.parts)):
        yield node.with_changes(parts=[*node.parts[:place], *node.parts[place + 1 :]])


if __name__ == "__main__":
    mutation_operators.append((libcst.FormattedString, drop_a_piece))  # type: ignore[attr-defined]
    cli()
