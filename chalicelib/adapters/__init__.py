"""One file per outside system; the only importers of an SDK."""
