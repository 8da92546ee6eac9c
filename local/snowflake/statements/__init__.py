"""Statements that the engine does not know, or means otherwise."""
