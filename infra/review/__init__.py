"""What a synthesis checks, and the warnings and outputs for the operator."""
