"""What an account has beside databases: roles, users, warehouses, integrations, network policies and grants."""
