"""Where the packages of others are that tests talk to; tools/install-node installs them."""

import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent


def _folder(name):
    """Asked before a test has another home."""
    return Path(subprocess.run([TOP / "tools" / "install-node", "--where", name], check=True,
                               text=True, capture_output=True).stdout.strip())


INSTALLED = _folder("node")
PACKAGES = INSTALLED / "node_modules"
ARE_THERE = (INSTALLED / ".installed").exists()

# Large ones, for slow tests.
FRAMEWORKS = _folder("frameworks") / "node_modules"
