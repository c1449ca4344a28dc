// SPDX-License-Identifier: Apache-2.0
#include "api/record.h"
#include "audit/account.h"
#include "audit/book.h"
#include "audit/trace.h"
#include "keys/crypto.h"
#include "unit/api/talk.h"

#include <stdio.h>
#include <stdlib.h>

// Random conversations, and an oracle that knows nothing of how answers are put on record: it looks
// at the bytes of each request and reply for pseudonyms and identities of rows, and knows by
// the town's own list whom a row is about.

enum { PEOPLE = 4, ROWS = 5, ASKED_MAX = 60, BODY_BYTES = 1024, ROLES = 2 };

static const char *const people[PEOPLE] = {"YTEAAAAAAAAAAAAAAAAAAA", "YTIAAAAAAAAAAAAAAAAAAA",
                                           "YTMAAAAAAAAAAAAAAAAAAA", "YTkAAAAAAAAAAAAAAAAAAA"};
static const int about[ROWS] = {0, 1, 2, 0, 3}; // of rows 11 to 15

static const enum role roles[ROLES] = {ROLE_ANALYST, ROLE_METRICS};

struct asked { // of one request, what the oracle found
    int role;
    bool people[PEOPLE], rows[ROWS];
};

struct oracle {
    struct asked all[ASKED_MAX];
    uint32_t count;
    uint64_t first; // entry of the first
};

static uint64_t random_state;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(random_state >> 33) % bound;
}

static void row_id(uint32_t row, char out[17])
{
    snprintf(out, 17, "%016x", row + 11);
}

// --- requests

static void random_query(char *out, size_t size)
{
    char id[17];
    row_id(random_below(ROWS), id);
    switch (random_below(7)) {
    case 0:
        snprintf(out, size, "{\"match_all\":{}}");
        break;
    case 1:
        snprintf(out, size, "{\"term\":{\"host\":\"h%u\"}}", random_below(3));
        break;
    case 2:
        snprintf(out, size, "{\"term\":{\"device\":\"%s\"}}", people[random_below(PEOPLE)]);
        break;
    case 3:
        snprintf(out, size, "{\"terms\":{\"device\":[\"%s\",\"%s\"]}}",
                 people[random_below(PEOPLE)], people[random_below(PEOPLE)]);
        break;
    case 4:
        snprintf(out, size, "{\"bool\":{\"must_not\":[{\"term\":{\"device\":\"%s\"}}]}}",
                 people[random_below(PEOPLE)]);
        break;
    case 5:
        snprintf(out, size, "{\"ids\":{\"values\":[\"%s\"]}}", id);
        break;
    default:
        snprintf(out, size, "{\"range\":{\"latency\":{\"gte\":%u}}}", 10 * random_below(6));
    }
}

static const char *random_source(void)
{
    static const char *const all[] = {"true", "[\"outcome\"]", "[\"device\"]", "false",
                                      "{\"excludes\":[\"device*\"]}"};
    return all[random_below(5)];
}

static const char *random_aggs(char *out, size_t size)
{
    switch (random_below(6)) {
    case 0:
        snprintf(out, size, "{\"d\":{\"terms\":{\"field\":\"device\",\"size\":%u}}}",
                 1 + random_below(5));
        break;
    case 1:
        snprintf(out, size,
                 "{\"h\":{\"terms\":{\"field\":\"host\"},\"aggs\":{\"d\":{\"terms\":{\"field\":"
                 "\"device\",\"size\":2}}}}}");
        break;
    case 2:
        snprintf(out, size,
                 "{\"c\":{\"composite\":{\"size\":%u,\"sources\":[{\"d\":{\"terms\":{\"field\":"
                 "\"device\"}}}]}}}",
                 1 + random_below(3));
        break;
    case 3:
        snprintf(out, size,
                 "{\"f\":{\"filter\":{\"term\":{\"device\":\"%s\"}},\"aggs\":{\"l\":{\"avg\":"
                 "{\"field\":\"latency\"}}}}}",
                 people[random_below(PEOPLE)]);
        break;
    case 4:
        snprintf(out, size, "{\"l\":{\"avg\":{\"field\":\"latency\"}}}");
        break;
    default:
        snprintf(out, size, "{\"n\":{\"cardinality\":{\"field\":\"device\"}}}");
    }
    return out;
}

static void random_search(char *out, size_t size)
{
    char query[256];
    char aggs[256];
    random_query(query, sizeof query);
    snprintf(out, size, "{\"size\":%u,\"_source\":%s,\"query\":%s,\"aggs\":%s}",
             random_below(2) ? 0 : random_below(6), random_source(), query,
             random_aggs(aggs, sizeof aggs));
}

static const char *random_line(char body[BODY_BYTES], char line[128], const char **type)
{
    char query[256];
    char id[17];
    char other[17];
    row_id(random_below(ROWS + 2), id);
    row_id(random_below(ROWS + 2), other);
    *type = NULL;
    body[0] = '\0';
    switch (random_below(8)) {
    case 0:
        snprintf(line, 128, "GET /events/_doc/%s?_source=%s", id,
                 random_below(2) ? "host" : "true");
        break;
    case 1:
        snprintf(line, 128, "GET /events/_source/%s", id);
        break;
    case 2:
        snprintf(line, 128, "POST /events/_mget");
        snprintf(body, BODY_BYTES, "{\"ids\":[\"%s\",\"%s\"]}", id, other);
        break;
    case 3:
        random_query(query, sizeof query);
        snprintf(line, 128, "POST /events/_count");
        snprintf(body, BODY_BYTES, "{\"query\":%s}", query);
        break;
    case 4: {
        char search[2][BODY_BYTES / 2 - 8];
        random_search(search[0], sizeof search[0]);
        random_search(search[1], sizeof search[1]);
        *type = "application/x-ndjson";
        snprintf(line, 128, "POST /events/_msearch");
        snprintf(body, BODY_BYTES, "{}\n%s\n{}\n%s\n", search[0], search[1]);
        break;
    }
    case 5:
        snprintf(line, 128, "GET /_tamis/metrics/failed?every=all&by=host");
        break;
    default:
        snprintf(line, 128, "POST /events/_search");
        random_search(body, BODY_BYTES);
    }
    return line;
}

// --- the oracle

static bool row_is_shown(const struct talk *t, const char *line, int status, const char *id)
{
    static const char *const after[] = {"\",\"_version\"", "\",\"_score\""};
    char part[64];
    for (int i = 0; i < 2; i++) {
        snprintf(part, sizeof part, "\"_id\":\"%s%s", id, after[i]);
        if (strstr(t->text, part))
            return true;
    }
    return status == 200 && strstr(line, "/_source/") && strstr(line, id);
}

// What of the request was answered: of several searches those that were not refused.
static void answered(const struct talk *t, const char *body, char out[BODY_BYTES])
{
    const char *status = t->text;
    out[0] = '\0';
    if (body[0] != '{' || body[1] != '}') {
        snprintf(out, BODY_BYTES, "%s", body);
        return;
    }
    while (*body) {
        const char *search = strchr(body, '\n') + 1;
        const char *end = strchr(search, '\n');
        status = strstr(status, "\"status\":");
        EXPECT(status != NULL);
        status += 9;
        if (strncmp(status, "200", 3) == 0)
            strncat(out, search, (size_t)(end - search));
        body = end + 1;
    }
}

static struct asked look(const struct talk *t, const char *line, const char *whole, int status)
{
    struct asked a = {0};
    char body[BODY_BYTES];
    if (status >= 400)
        return a;
    answered(t, whole, body);
    for (int p = 0; p < PEOPLE; p++)
        a.people[p] = strstr(t->text, people[p]) || strstr(body, people[p]);
    for (uint32_t r = 0; r < ROWS; r++) {
        char id[17];
        char asked[64];
        row_id(r, id);
        snprintf(asked, sizeof asked, "{\"ids\":{\"values\":[\"%s", id);
        bool is_shown = row_is_shown(t, line, status, id);
        a.rows[r] = is_shown || strstr(body, asked);
        a.people[about[r]] |= is_shown;
    }
    return a;
}

static void ask_random(struct talk *t, struct oracle *o)
{
    char body[BODY_BYTES];
    char line[128];
    int role = (int)random_below(ROLES);
    random_line(body, line, &t->content_type);
    for (uint32_t times = 1 + random_below(2); times > 0 && o->count < ASKED_MAX; times--) {
        int status = talk_ask(t, roles[role], line, body[0] ? body : NULL);
        o->all[o->count] = look(t, line, body, status);
        o->all[o->count++].role = role;
    }
}

// --- what the log says

struct checking {
    const struct oracle *o;
    struct accounts *accounts;
    struct trace trace; // of a stretch of time
    bool is_covered[ASKED_MAX];
    int64_t times[ASKED_MAX];
};

static struct trace trace_of(const char *text)
{
    struct trace t = {.from_ms = INT64_MIN, .to_ms = INT64_MAX};
    EXPECT_EQ(trace_parse(slice_text(text), &t, NULL), OK);
    return t;
}

static enum err check_entry(void *context, const struct audit_entry *e, struct fault *why)
{
    struct checking *c = context;
    (void)why;
    if (e->number < c->o->first)
        return OK;
    uint64_t at = e->number - c->o->first;
    EXPECT(at < c->o->count);
    const struct asked *a = &c->o->all[at];
    c->times[at] = e->time_ms;
    for (int p = 0; p < PEOPLE; p++) {
        char text[64];
        snprintf(text, sizeof text, "device:%s", people[p]);
        struct trace t = trace_of(text);
        EXPECT_EQ(trace_find(&t, e) == TRACE_READ, a->people[p]);
    }
    for (uint32_t r = 0; r < ROWS; r++) {
        char text[64] = "events/";
        row_id(r, text + 7);
        struct trace t = trace_of(text);
        EXPECT_EQ(trace_find(&t, e) == TRACE_READ, a->rows[r]);
    }
    c->is_covered[at] = trace_covers(&c->trace, e);
    if (c->is_covered[at])
        accounts_add(c->accounts, e);
    return OK;
}

static void compare(void *context, const struct account *one)
{
    const struct checking *c = context;
    int role = slice_is(one->principal, role_name(ROLE_METRICS));
    uint64_t persons = 0;
    uint64_t rows = 0;
    for (int i = 0; i < PEOPLE + ROWS; i++) {
        bool met = false;
        for (uint32_t k = 0; k < c->o->count; k++) {
            const struct asked *a = &c->o->all[k];
            met = met || (a->role == role && c->is_covered[k] &&
                          (i < PEOPLE ? a->people[i] : a->rows[i - PEOPLE]));
        }
        *(i < PEOPLE ? &persons : &rows) += met;
    }
    EXPECT_EQ(one->subjects, persons);
    EXPECT_EQ(one->rows, rows);
}

static void check(struct talk *t, struct checking *c, struct trace stretch)
{
    const struct book_options options = {0};
    struct book *b = NULL;
    c->trace = stretch;
    c->accounts = accounts_new();
    EXPECT_EQ(book_open(&t->audit_world, &options, &b, NULL), OK);
    EXPECT_EQ(book_each(b, 0, check_entry, c, NULL), OK);
    EXPECT_EQ(book_facts(b).entries, c->o->first + c->o->count);
    accounts_each(c->accounts, compare, c);
    accounts_free(c->accounts);
    book_close(b);
}

static void converse(uint64_t seed, uint32_t floor)
{
    struct talk t;
    static struct oracle o;
    static struct checking c;
    memset(&o, 0, sizeof o);
    memset(&c, 0, sizeof c);
    random_state = seed;
    talk_open(&t, floor);
    struct audit_stats stats;
    audit_stats(t.audit, &stats);
    o.first = stats.journal.entries;
    while (o.count < ASKED_MAX)
        ask_random(&t, &o);
    c.o = &o;
    check(&t, &c, (struct trace){.from_ms = INT64_MIN, .to_ms = INT64_MAX});
    for (int i = 0; i < 3; i++)
        check(&t, &c,
              (struct trace){.from_ms = c.times[random_below(ASKED_MAX / 2)],
                             .to_ms = c.times[ASKED_MAX / 2 + random_below(ASKED_MAX / 2)]});
    talk_close(&t);
}

TEST(record_of_random_questions_is_what_their_bytes_say)
{
    int seeds = getenv("TAMIS_LONG") ? 300 : 8;
    for (int seed = 1; seed <= seeds; seed++) {
        printf("seed %d\n", seed);
        converse((uint64_t)seed, seed % 3 == 0 ? 2 : 0);
    }
}

// A field that a role may not see says nothing to its reader, and to the log all the same whom the
// row is about.
TEST(record_knows_whom_a_row_is_about_where_the_field_is_hidden)
{
    struct talk t;
    talk_open(&t, 0);
    static struct oracle o;
    static struct checking c;
    memset(&o, 0, sizeof o);
    memset(&c, 0, sizeof c);
    struct audit_stats stats;
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "PUT /_security/role/blind",
                       "{\"indices\":[{\"names\":[\"events\"],\"privileges\":[\"read\"],"
                       "\"field_security\":{\"grant\":[\"host\",\"latency\"]}}]}"),
              200);
    EXPECT_EQ(talk_ask(&t, ROLE_ADMIN, "PUT /_security/user/blind",
                       "{\"password\":\"correct horse battery\",\"roles\":[\"blind\"]}"),
              200);
    audit_stats(t.audit, &stats);
    o.first = stats.journal.entries;
    t.authorization = "Basic YmxpbmQ6Y29ycmVjdCBob3JzZSBiYXR0ZXJ5";
    EXPECT_EQ(talk_get(&t, "/events/_doc/000000000000000b"), 200);
    EXPECT(!talk_has(&t, people[0]));
    o.all[0].people[0] = o.all[0].rows[0] = true;
    o.count = 1;
    c.o = &o;
    check(&t, &c, (struct trace){.from_ms = INT64_MIN, .to_ms = INT64_MAX});
    talk_close(&t);
}
