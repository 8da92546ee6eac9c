"""What the steps agree on, as values: specifications, columns, bounds, batches. No connection, no clock."""
