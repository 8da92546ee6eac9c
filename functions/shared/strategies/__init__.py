"""One room per strategy: what a table must be for it, and what one run reads."""
