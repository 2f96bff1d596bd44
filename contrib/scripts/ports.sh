#!/bin/sh
# The ports of this project: a table, or lines that a shell can read.
#
# usage: ports.sh [--env] [DIRECTORY]
#
#	ports.sh                   what this project has
#	eval "$(ports.sh --env)"   export WEB_PORT=3100 and so on
#
# Leaves with 0, or with portbook's own status: 1 where the book knows no such project.
set -eu

usage()
{
	echo "usage: ports.sh [--env] [DIRECTORY]" >&2
	exit 2
}

what="table"
if [ "${1-}" = --env ]; then
	what="env"
	shift
fi
case "${1-}" in -*) usage ;; esac
[ $# -le 1 ] || usage
cd -- "${1:-.}"

project=$(portbook where --name)
if [ "$what" = env ]; then
	exec portbook env --format export
fi
exec portbook list --project "$project"
