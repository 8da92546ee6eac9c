"""AWS on loopback: ministack, with patches for what the workflow needs and that version lacks."""
