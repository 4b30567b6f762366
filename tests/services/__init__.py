"""Services over fakes of the ports, in one process."""
