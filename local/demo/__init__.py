"""The demonstration: real tables, changes under load, a failure, its dead letter, a redrive, and a comparison."""
