#!/bin/sh
# Before this project is started: has a stranger one of its ports?
#
# usage: check-ports.sh [DIRECTORY] && npm start
#
# Leaves with 1, and says who, if one of them is taken by another; with 0 if all of them are
# free to start on, also where this project itself listens already; with 2 where nobody knows.
set -eu

usage()
{
	echo "usage: check-ports.sh [DIRECTORY]" >&2
	exit 2
}

case "${1-}" in -*) usage ;; esac
[ $# -le 1 ] || usage
cd -- "${1:-.}"

project=$(portbook where --name) || exit 2
entries=$(portbook list --project "$project" --format tsv) || exit 2
status=0
for protocol in tcp udp; do
	# port, protocol, project, service, instance, environment ...
	ports=$(printf '%s\n' "$entries" |
		awk -F '\t' -v protocol="$protocol" -v environment="${PORTBOOK_ENV:-}" '
			$2 == protocol && (environment == "" || $6 == environment) {
				printf "%s%s", comma, $1
				comma = ","
			}')
	[ -n "$ports" ] || continue
	option=
	[ "$protocol" = tcp ] || option=--udp
	# shellcheck disable=SC2086	# nothing, or one word
	said=$(portbook check --to-start $option "$ports") || {
		found=$?
		printf '%s\n' "$said" >&2
		[ "$found" = 1 ] || exit 2
		status=1
	}
done
exit "$status"
