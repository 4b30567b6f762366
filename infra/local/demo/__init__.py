"""`make demo`: a business moves in from its CSV files and lives 45 days on a test clock."""
