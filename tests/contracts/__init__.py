"""What a port promises, once; the fake and the adapter are both held to it."""
