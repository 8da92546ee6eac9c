"""The values that the steps exchange: specifications, columns, bounds, batches. No connection, no clock."""
