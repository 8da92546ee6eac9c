"""Statements that the engine does not have, or treats differently."""
