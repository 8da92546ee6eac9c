"""Aurora: its session, and every query that it is sent."""
