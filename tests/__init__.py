"""Tests mirror `chalicelib`; fakes, contracts, simulation and bench stand beside them."""
