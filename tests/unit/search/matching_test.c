// SPDX-License-Identifier: Apache-2.0
#include "unit/search/matching.h"

static const uint32_t events = TOWN_EVENTS;

void matching_plan(struct matching *m, const char *query)
{
    char body[900];
    snprintf(body, sizeof body, "{\"query\":%s}", query);
    struct request r = town_request(crowded_town(), body);
    m->now = store_snapshot(crowded_town()->store);
    m->room = room_init(8 << 20);
    EXPECT_EQ(columns_init(&m->columns, m->now, &events, 1, &m->room), OK);
    EXPECT_EQ(match_plan(&m->columns, r.query, 0, &m->match, NULL), OK);
}

void matching_done(struct matching *m)
{
    columns_done(&m->columns);
    room_done(&m->room);
    snapshot_free(m->now);
}
