// SPDX-License-Identifier: Apache-2.0
#pragma once

// The policy that the tests of pushing share: a mirrored table of devices, and two indices
// that clients push into.

#include "policy/policy.h"

#define PUSHED_POLICY                                                             \
    "sources:\n"                                                                  \
    "  fleet:\n"                                                                  \
    "    postgres: host=h\n"                                                      \
    "    replication: {user: r}\n"                                                \
    "    copy: {user: c}\n"                                                       \
    "    tables:\n"                                                               \
    "      devices: {key: id, columns: {id: {treat: pseudonym, subject: device}," \
    " model: {treat: keep, as: keyword}}}\n"                                      \
    "push:\n"                                                                     \
    "  app-events:\n"                                                             \
    "    time: at\n"                                                              \
    "    columns:\n"                                                              \
    "      at: {treat: keep, as: date}\n"                                         \
    "      device_id: {treat: pseudonym, subject: device, lookup: devices}\n"     \
    "      model: {treat: keep, as: keyword}\n"                                   \
    "      note: {treat: drop}\n"                                                 \
    "      latency_ms: {treat: keep, as: integer}\n"                              \
    "      load: {treat: round, to: 0.5}\n"                                       \
    "      ok: {treat: keep, as: boolean}\n"                                      \
    "  app.logs:\n"                                                               \
    "    columns: {level: {treat: keep, as: keyword}}\n"

enum { PUSHED_DEVICES, PUSHED_EVENTS, PUSHED_LOGS };

// Fields of app-events.
enum { EVENT_AT, EVENT_DEVICE, EVENT_MODEL, EVENT_LATENCY, EVENT_LOAD, EVENT_OK };
