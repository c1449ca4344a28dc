// SPDX-License-Identifier: Apache-2.0
#pragma once

// A conversation with the API: the town's rows in a real store, a real catalogue, one
// user per role, and requests as a client would send them.
//
//     devices  a1 m1 2019, a2 m1 2020, a3 m2 2020
//     events   on 2019-12-04, every one of an hour: 5 of a1, a2, a3 and one of nobody
//              known; outcome ok or fail, latency 10, 20, ... , host h1 or h2

#include "api/api.h"
#include "api/cursor.h"
#include "unit/search/town.h"

struct talk {
    struct town town;
    struct access *access;
    struct engine *engine;
    struct cursors *cursors;
    struct cubes *cubes;
    struct api api;
    struct world audit_world;
    struct audit *audit;        // in the catalogue's directory
    char directory[64];         // of the catalogue
    char keys[ROLE_COUNT][128]; // "ApiKey ..." of a user with just that role
    char key_ids[ROLE_COUNT][32];
    const char *content_type, *accept; // of the next request; NULL: JSON, none
    const char *authorization;         // of the next request, instead of the role's
    bool is_ready;
    struct arena *request;
    struct api_reply reply; // of the last request
    char *text;             // its body
};

void talk_open(struct talk *t, uint32_t floor);
void talk_close(struct talk *t);
// `count` more devices of m1, each with an event of the first hour, every other failed.
void talk_crowd(struct talk *t, uint32_t count);

// `line` is "GET /path?query".  Says the status.
int talk_ask(struct talk *t, enum role role, const char *line, const char *body);
int talk_get(struct talk *t, const char *path); // as an analyst
bool talk_has(const struct talk *t, const char *part);
bool talk_is(const struct talk *t, const char *whole); // "took" counts as 0
// Ends the test, showing the reply, unless it has the part.
void talk_expect(const struct talk *t, const char *part);
