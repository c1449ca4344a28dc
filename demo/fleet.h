// SPDX-License-Identifier: Apache-2.0
#pragma once

// The fictional fleet as a function: row i of each table, from a seed and nothing else.
// So any part can be made without the rest, and twice the same.  All of it is invented.

#include <stdbool.h>
#include <stdint.h>

struct fleet {
    uint64_t seed;
    int64_t customers;
    int64_t devices;
    int64_t shares;
    int64_t tokens;
    int64_t events;
};

enum { SCALE_TESTERS = 140, TEXT_BYTES = 512 };

// 8 events for 3 devices of ... : the proportions of 2.4 million customers.
struct fleet fleet_of(uint64_t seed, int64_t customers);

// One number for (what, row): the only source of chance here.
uint64_t fleet_chance(const struct fleet *f, uint64_t what, int64_t row);

struct device {
    int64_t customer; // 1 to customers
    int model;        // index into the models
    const char *kind, *model_name, *firmware, *region;
    int64_t activated_us; // since 1970
};

struct device fleet_device(const struct fleet *f, int64_t row);

struct event {
    int64_t device;
    int64_t at_us;
    const char *outcome;     // "ok" or "failed"
    const char *error_class; // NULL when ok
    int latency_ms;
};

struct event fleet_event(const struct fleet *f, int64_t row);

// Each writes one line of COPY text (with the newline) into `out`, TEXT_BYTES long, and
// gives its length.  Rows count from 1.
int fleet_customer_line(const struct fleet *f, int64_t row, char *out);
int fleet_device_line(const struct fleet *f, int64_t row, char *out);
int fleet_share_line(const struct fleet *f, int64_t row, char *out);
int fleet_token_line(const struct fleet *f, int64_t row, char *out);
int fleet_tester_line(const struct fleet *f, int64_t row, char *out);
int fleet_event_line(const struct fleet *f, int64_t row, char *out);
