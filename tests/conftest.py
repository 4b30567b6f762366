"""Fixtures every part of the suite may ask for."""

from tests.emulator import emulator

__all__ = ["emulator"]
