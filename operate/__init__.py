"""The operator's tools: following a run, comparing both sides."""
