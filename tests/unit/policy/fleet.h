// SPDX-License-Identifier: Apache-2.0
#pragma once

// The policy that the tests of policy/ share: devices, and connections that refer to them.

#include "policy/policy.h"

#define FLEET_SOURCE                                                               \
    "sources:\n"                                                                   \
    "  fleet:\n"                                                                   \
    "    postgres: host=127.0.0.1 port=5432 dbname=fleet\n"                        \
    "    replication: {user: tamis_replication, password_file: keys/r.password}\n" \
    "    copy: {user: tamis_copy}\n"                                               \
    "    tables:\n"                                                                \
    "      devices:\n"                                                             \
    "        key: id\n"                                                            \
    "        time: activated_at\n"                                                 \
    "        columns:\n"                                                           \
    "          id: {treat: pseudonym, subject: device}\n"                          \
    "          customer_id: {treat: pseudonym, subject: customer}\n"               \
    "          model: {treat: keep, as: keyword}\n"                                \
    "          nickname: {treat: drop}\n"                                          \
    "          activated_at: {treat: round, to: 1h}\n"                             \
    "      \"sales.connections\":\n"                                               \
    "        key: [region, id]\n"                                                  \
    "        time: at\n"                                                           \
    "        columns:\n"                                                           \
    "          id: {treat: drop}\n"                                                \
    "          region: {treat: keep, as: keyword}\n"                               \
    "          at: {treat: keep, as: date}\n"                                      \
    "          device_id: {treat: pseudonym, subject: device, lookup: devices}\n"  \
    "          outcome: {treat: keep, as: keyword}\n"                              \
    "          latency_ms: {treat: keep, as: integer}\n"                           \
    "          load: {treat: round, to: 0.5}\n"

#define FLEET_POLICY                                                      \
    FLEET_SOURCE                                                          \
    "metrics:\n"                                                          \
    "  activations: {of: devices, count: true, by: [model], every: 1d}\n" \
    "  failed: {of: connections, time: at, ratio: \"outcome != ok\","     \
    " by: [device.model, region], every: 5m}\n"                           \
    "floor: {subjects: 5, subject: customer}\n"

const struct policy *fleet_policy(struct arena *policy);

enum { POLICY_ARENA_BYTES = 16 << 20 };

// That `text` is refused with `words` after "policy.yml line ".
void expect_refused(const char *text, const char *words);

// The same of the fleet's policy with the first `old` changed to `put`.
void expect_edit_refused(const char *old, const char *put, const char *words);
