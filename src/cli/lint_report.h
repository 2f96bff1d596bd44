/*
 * cli/lint_report.h - the findings of lint, for people and for programs that show them.
 */
#ifndef CLI_LINT_REPORT_H
#define CLI_LINT_REPORT_H

#include "base/err.h"
#include "base/json.h"
#include "cli/output.h"

/* "file:line:column: error: ... [rule]" a line, as compilers say it. */
void lint_report_text(struct output *o, const json_t *findings);

/* "2 errors, 1 warning; 14 ports in 6 files" */
void lint_report_summary(struct text *t, const json_t *answer);

/*
 * One log of SARIF 2.1.0.
 * Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
 * Errors: ERR_MEMORY
 */
MUST_CHECK bool lint_report_sarif(struct text *t, const json_t *findings, struct err *err);

/*
 * "::error file=...,line=...::..." a line, which GitHub shows beside the source.
 * Source: docs.github.com, "Workflow commands for GitHub Actions"; its toolkit's command.ts
 * says how they are escaped.
 */
void lint_report_github(struct text *t, const json_t *findings);

#endif
