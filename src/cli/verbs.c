// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

// In the order of `tamis --help`.
const struct verb *const verbs[] = {
    &verb_init,      &verb_serve,  &verb_demo,   &verb_reload,  &verb_status,  &verb_doctor,
    &verb_probe,     &verb_source, &verb_policy, &verb_metric,  &verb_query,   &verb_user,
    &verb_approvals, &verb_audit,  &verb_sealed, &verb_witness, &verb_version, NULL,
};
