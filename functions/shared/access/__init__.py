"""Reading of credentials from Vault and of table specifications from Parameter Store."""
