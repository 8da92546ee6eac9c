"""What a deployment is checked for, and what the operator is told."""
