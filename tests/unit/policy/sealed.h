// SPDX-License-Identifier: Apache-2.0
#pragma once

// A policy with sealed columns in a mirrored table and in a pushed index.

#include "policy/policy.h"
#include "test.h"

#define SEALED_POLICY                                                                         \
    "sources:\n"                                                                              \
    "  shop:\n"                                                                               \
    "    postgres: host=h\n"                                                                  \
    "    replication: {user: r}\n"                                                            \
    "    copy: {user: c}\n"                                                                   \
    "    tables:\n"                                                                           \
    "      customers: {key: id, columns: {id: {treat: pseudonym, subject: customer}, email: " \
    "{treat: seal}, city: {treat: keep, as: keyword}, phone: {treat: seal}}}\n"               \
    "push:\n"                                                                                 \
    "  app.log:\n"                                                                            \
    "    columns: {customer_id: {treat: pseudonym, subject: customer, lookup: customers}, "   \
    "message: {treat: seal}}\n"

enum { SEALED_CUSTOMERS, SEALED_LOG };

static inline const struct policy *sealed_policy(struct arena *a)
{
    const struct policy *p = NULL;
    struct fault why = {0};
    if (policy_parse(slice_text(SEALED_POLICY), a, &p, &why))
        test_fail(__FILE__, __LINE__, "%s", why.words);
    return p;
}
