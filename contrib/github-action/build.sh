#!/bin/bash
# Build the portbook that this action belongs to, on a runner with Debian or Ubuntu.
set -euo pipefail

source=$(cd "$(dirname "$0")/../.." && pwd)
build=${RUNNER_TEMP:?}/portbook-build
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo

$sudo "$source/tools/install-packages" build
meson setup --buildtype=release "$build" "$source"
ninja -C "$build" portbook
