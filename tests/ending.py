"""How tests end what they have started."""

import os
import signal


def end_group(process):
    """Kill it at once, with all that it has started, and wait for it.

    The number of one that has been waited for may be another program's by now, and a whole
    group's, as the processes of PostgreSQL lead groups of their own.  While anybody is left of
    the group that was meant, nobody gets that number: then there is no such process.
    """
    if process.returncode is None or not os.path.exists(f"/proc/{process.pid}"):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait(timeout=30)
