"""The outside world on one machine: fakes and runners that never ship to AWS."""
