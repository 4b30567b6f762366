"""PDFs: drawn, read back and compared."""
