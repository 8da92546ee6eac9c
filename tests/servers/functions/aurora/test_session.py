"""The session's own socket."""

import socket

import pytest

from functions.shared.aurora.session import AuroraSession


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system's TCP has no such timeout")
def test_what_a_gone_server_does_not_acknowledge_ends_the_session_within_a_minute(source: AuroraSession) -> None:
    with socket.socket(fileno=socket.dup(source._connection.fileno())) as opened:
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
