"""The ways in: credentials from Vault, specifications from Parameter Store."""
