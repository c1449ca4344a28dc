// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `tamis policy` does with versions: diff, apply, approve, withdraw, history.

#include "cli/cli.h"

enum exit_status policy_run_diff(const struct arguments *a);
enum exit_status policy_run_apply(const struct arguments *a);
enum exit_status policy_run_approve(const struct arguments *a);
enum exit_status policy_run_withdraw(const struct arguments *a);
enum exit_status policy_run_rekey(const struct arguments *a);
enum exit_status policy_run_history(const struct arguments *a);

// The register of settings and of what a policy can say, each with its mark; one column.
enum exit_status policy_run_settings(const struct arguments *a);
enum exit_status policy_run_explain(const struct arguments *a);

// A first policy for a source, out of its schema and a sample (policy/suggest.h).
enum exit_status policy_run_suggest(const struct arguments *a);
