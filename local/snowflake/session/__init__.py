"""One session: its context, its queries, its rewritten SQL."""
