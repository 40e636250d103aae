"""Every SQL statement, grouped by noun, as functions of a connection."""
