#!/bin/sh
# Once a day, from cron or a timer: is a port of somebody's taken by another?
#
# usage: audit-ports.sh [--down]
#
# Says nothing and leaves with 0 where all is well, so that cron sends no mail. Where a port is
# taken, it prints the report with what to do about it, and leaves with 1. With --down it
# also does so where something that is entered does not run.
set -eu

down=no
case "${1-}" in
'') ;;
--down) down=yes ;;
*)
	echo "usage: audit-ports.sh [--down]" >&2
	exit 2
	;;
esac

status=0
report=$(portbook audit --fix-hint) || status=$?
# 1: something is down or taken, which is what the report says; more: there is none.
if [ "$status" -gt 1 ]; then
	exit "$status"
fi
[ "$status" = 1 ] || exit 0
case "$down$report" in
no*' squatted '*) ;;
yes*) ;;
*) exit 0 ;;
esac
printf '%s\n' "$report"
exit 1
