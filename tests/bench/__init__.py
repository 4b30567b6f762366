"""What it costs: counts and ratios, printed. `make bench`; no assertion here times anything."""
