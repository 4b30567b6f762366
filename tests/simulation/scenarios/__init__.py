"""What is tried: each scenario is a small module that sets a stage, a script and its good ends."""

from tests.simulation.scenarios import first_charge
from tests.simulation.scenarios.base import Scenario

ALL: dict[str, Scenario] = {one.name: one for one in (first_charge.SCENARIO,)}
