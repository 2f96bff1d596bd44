"""Where the packages of others are that tests talk to; tools/install-node installs them."""

import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent

# Asked before a test has another home.
INSTALLED = Path(subprocess.run([TOP / "tools" / "install-node", "--where"], check=True, text=True,
                                capture_output=True).stdout.strip())
PACKAGES = INSTALLED / "node_modules"
ARE_THERE = (INSTALLED / ".installed").exists()
