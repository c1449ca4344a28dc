// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sections of statistics as clients expect them: every section and field of Elasticsearch's
// stands there, those that mean nothing here with 0 or false, as exporters decode all of them.

#include "json/json_writer.h"

struct stat_section {
    const char *name;   // "docs"
    const char *fields; // "count deleted"; "?" at the end of one: a truth, else a whole number
};

// What is known: "docs.count" is 12.
struct stat_fact {
    const char *name;
    uint64_t value;
};

struct stat_facts {
    const struct stat_fact *at;
    size_t count;
};

// `"docs":{"count":12,"deleted":0}` into the open object of `w`.
void stat_section_write(struct json_writer *w, const struct stat_section *s,
                        const struct stat_facts *facts);
