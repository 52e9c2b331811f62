"""What `serve` allows a connection before the application hears of it: how long, how much, how many at once."""

from dataclasses import dataclass, field

MOST_CONNECTIONS = 1_000
# Descriptors of a process that are not for connections: database, files, e-mails, identity provider.
RESERVED_DESCRIPTORS = 128


def most_connections() -> int:
    """Of a process; fewer where it may open fewer descriptors."""
    try:
        import resource
    except ImportError:
        # Windows
        return MOST_CONNECTIONS
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return min(MOST_CONNECTIONS, max(allowed - RESERVED_DESCRIPTORS, allowed // 2))


@dataclass(frozen=True)
class Limits:
    # of one request, and of the trailers of a chunked body
    header_bytes: int = 64 * 1024
    # each costs every reader of one header a comparison; browsers and proxies send some 20 to 50
    header_fields: int = 128
    # from the first byte, or from the opening of the connection, to the end of the headers
    header_seconds: float = 10
    # without a byte of a body that is owed, or without taking a byte of an answer
    silence_seconds: float = 30
    # for reading a refusal, before the connection closes
    linger_seconds: float = 2
    # requests that wait for the answers to those before them on the same connection
    pipelined: int = 64
    connections: int = field(default_factory=most_connections)

    @property
    def new_connections(self) -> int:
        """As many that never sent a request stay when others are closed: else no new client would be heard."""
        return max(1, self.connections // 8)
