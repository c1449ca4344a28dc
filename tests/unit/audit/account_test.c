// SPDX-License-Identifier: Apache-2.0
#include "audit/account.h"
#include "test.h"

#include <stdlib.h>

// The oracle: one bit for each principal, row and person.
enum { PRINCIPALS = 3, ROWS = 200, PEOPLE = 40, ENTRIES = 400 };

struct oracle {
    bool rows[PRINCIPALS][2][ROWS];
    bool people[PRINCIPALS][PEOPLE];
    uint64_t shown[PRINCIPALS];
};

static uint64_t random_state;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(random_state >> 33) % bound;
}

static const char *const names[PRINCIPALS] = {"ana", "bob", "cai"};

static void add_random(struct accounts *all, struct oracle *o, struct arena *scratch)
{
    uint32_t who = random_below(PRINCIPALS);
    uint32_t count = random_below(30);
    uint32_t index = random_below(2);
    const struct slice indices[] = {slice_text("devices"), slice_text("events")};
    struct row_key rows[30];
    struct subject people[30];
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = random_below(ROWS);
        uint32_t person = row % PEOPLE;
        // Every third key is a wide one.
        rows[i] = (struct row_key){row % 3 == 0 ? row + 1ULL : 0, (uint64_t)row << 30};
        memset(&people[i], 0, sizeof people[i]);
        people[i].at[index ? 15 : 3] = 0;
        people[i].at[7] = (uint8_t)person;
        o->rows[who][index][row] = true;
        o->people[who][person] = true;
    }
    o->shown[who] += count;
    const struct audit_set set = {index, slice_text("device"), rows, count, people, count};
    struct audit_entry e = {.kind = AUDIT_ANSWER,
                            .principal = slice_text(names[who]),
                            .rows = count,
                            .indices = indices,
                            .index_count = 2,
                            .sets = &set,
                            .set_count = 1};
    // Through its bytes, as they are in the log.
    struct buf body AUTO(buf_donep) = buf_init(1 << 16);
    audit_body_encode(&e, &body);
    struct audit_entry back;
    EXPECT_EQ(audit_body_decode(buf_slice(&body), scratch, &back, NULL), OK);
    accounts_add(all, &back);
}

static void compare(void *context, const struct account *one)
{
    const struct oracle *o = context;
    uint32_t who = 0;
    while (!slice_is(one->principal, names[who]))
        who++;
    uint64_t rows = 0;
    uint64_t people = 0;
    for (uint32_t i = 0; i < ROWS; i++)
        rows += o->rows[who][0][i] + o->rows[who][1][i];
    for (uint32_t i = 0; i < PEOPLE; i++)
        people += o->people[who][i];
    EXPECT_EQ(one->rows, rows);
    EXPECT_EQ(one->subjects, people);
    EXPECT_EQ(one->rows_shown, o->shown[who]);
}

TEST(accounts_are_what_a_brute_force_count_says)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        static struct oracle o;
        memset(&o, 0, sizeof o);
        random_state = seed;
        struct arena *scratch = arena_new(1 << 26);
        struct accounts *all = accounts_new();
        uint32_t entries = 1 + random_below(ENTRIES);
        for (uint32_t i = 0; i < entries; i++)
            add_random(all, &o, scratch);
        accounts_each(all, compare, &o);
        accounts_free(all);
        arena_free(scratch);
    }
}
