"""Vault on loopback: a real OpenBao server behind a front that adds Vault's AWS IAM login."""
