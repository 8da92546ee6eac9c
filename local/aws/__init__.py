"""AWS on loopback: ministack, completed where the workflow needs more than that version has."""
