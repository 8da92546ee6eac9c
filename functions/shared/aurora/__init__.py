"""Everything that is said to Aurora."""
