"""Step Functions as AWS runs it, where ministack differs."""
