"""Objects outside of databases: roles, users, warehouses, integrations, network policies, and grants."""
