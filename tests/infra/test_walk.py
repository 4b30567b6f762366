"""The walk over the desk's twelve numbers, on the deployed stack: each comes out, and adds up."""

from __future__ import annotations

import pytest

from infra.local.sample import load_sample_data
from infra.local.walk.__main__ import walk
from infra.local.world import World


@pytest.mark.emulator
def test_every_number_of_the_desk_comes_out_and_adds_up(stack: World) -> None:
    load_sample_data(stack.outputs)
    assert walk(stack.outputs) == []
