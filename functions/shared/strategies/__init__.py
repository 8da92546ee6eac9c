"""The strategies, one file each: what a table must be for it, and what one run reads."""
