#!/bin/bash
# portbook lint with the inputs of the action, which are in LINT_...; see action.yml.
set -euo pipefail

program=${LINT_PROGRAM:-${RUNNER_TEMP:?}/portbook-build/portbook}
words=(lint "${LINT_PATH:-.}" --format github)

[ -z "${LINT_PROJECT:-}" ] || words+=(--project "$LINT_PROJECT")
[ -z "${LINT_ENVIRONMENT:-}" ] || words+=(--env "$LINT_ENVIRONMENT")
[ "${LINT_STRICT:-false}" != true ] || words+=(--strict)

if [ -n "${LINT_BOOK:-}" ] && [ -n "${LINT_EXPORT:-}" ]; then
	echo "::error::portbook: 'book' and 'export' are both given: one of them is the book"
	exit 2
elif [ -n "${LINT_BOOK:-}" ]; then
	export PORTBOOK_BOOK=$LINT_BOOK
elif [ -n "${LINT_EXPORT:-}" ]; then
	export PORTBOOK_BOOK=${RUNNER_TEMP:?}/portbook-$$.db
	"$program" import "$LINT_EXPORT" --quiet >&2
else
	echo "::error::portbook: neither 'book' nor 'export' says which book the files are held against"
	exit 2
fi
"$program" "${words[@]}"
