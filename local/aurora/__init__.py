"""Aurora PostgreSQL on loopback: a real PostgreSQL server with Aurora's S3 export functions."""
