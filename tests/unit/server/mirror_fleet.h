// SPDX-License-Identifier: Apache-2.0
#pragma once

// A small policy and invented keys, for the tests of the mirror.

#include "base/arena.h"
#include "policy/policy.h"
#include "policy/sieve.h"
#include "test.h"

static const uint8_t fleet_key[4][32] = {{1}, {2}, {3}, {4}};

static inline const struct policy *fleet_policy(struct arena *arena)
{
    static const char yaml[] = "sources:\n"
                               "  fleet-1:\n"
                               "    postgres: host=/nowhere/at/all dbname=fleet\n"
                               "    replication: {user: r, password_file: keys/r}\n"
                               "    copy: {user: c}\n"
                               "    tables:\n"
                               "      devices:\n"
                               "        key: id\n"
                               "        columns:\n"
                               "          id: {treat: pseudonym, subject: device}\n"
                               "          model: {treat: keep, as: keyword}\n"
                               "          nickname: {treat: drop}\n"
                               "      sales.orders:\n"
                               "        key: [shop, number]\n"
                               "        columns:\n"
                               "          number: {treat: drop}\n"
                               "          amount: {treat: keep, as: double}\n"
                               "          shop: {treat: keep, as: keyword}\n";
    const struct policy *policy = NULL;
    struct fault why = {0};
    if (policy_parse(slice_text(yaml), arena, &policy, &why))
        test_fail(__FILE__, __LINE__, "%s", why.words);
    return policy;
}

static inline struct sieve_keys fleet_keys(void)
{
    return (struct sieve_keys){.subjects = fleet_key, .row_keys = fleet_key + 1};
}
