"""`python -m tests.impatient serve …`: the program with limits on connections so short that no test waits for them."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from commands import main
from commands.connection_limits import Limits
from commands.protocol import LimitedProtocol
from commands.serve import UVICORN

IMPATIENT = Limits(header_seconds=0.5, silence_seconds=0.6, linger_seconds=1, connections=12)
KEEP_ALIVE_SECONDS = 2


class Impatient(LimitedProtocol):
    """One connection."""

    limits = IMPATIENT


if __name__ == "__main__":
    UVICORN.update(http=Impatient, timeout_keep_alive=KEEP_ALIVE_SECONDS)
    main()
