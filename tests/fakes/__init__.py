"""Fakes of the ports: fast, recording, and held to the same contracts as the adapters."""
