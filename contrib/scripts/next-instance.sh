#!/bin/sh
# One more copy of this project, beside those that run: a git worktree with ports of its own.
#
# usage: next-instance.sh                    which instance and which ports would be next
#        next-instance.sh PATH [BRANCH]      make the worktree PATH, on a new branch BRANCH
#                                            (else one named after PATH), with .ports.env
#
# Leaves with portbook's status.
set -eu

case "${1-}" in
'') exec portbook instance next ;;
-*)
	echo "usage: next-instance.sh [PATH [BRANCH]]" >&2
	exit 2
	;;
esac
if [ $# -gt 2 ]; then
	echo "usage: next-instance.sh [PATH [BRANCH]]" >&2
	exit 2
fi
portbook worktree add "$1" ${2:+-b "$2"}
cd -- "$1"
portbook env
