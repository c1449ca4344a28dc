// SPDX-License-Identifier: Apache-2.0
#include "access/access_private.h"
#include "base/limits.h"
#include "unit/api/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define AT (1575417600000.0) // 2019-12-04T00:00:00Z

#define HOUR (3600000.0)

static const struct town_row devices[] = {
    {ROW_PUT, 1, {T("a1"), T("m1"), N(0.5), N(2019)}},
    {ROW_PUT, 2, {T("a2"), T("m1"), N(1.5), N(2020)}},
    {ROW_PUT, 3, {T("a3"), T("m2"), N(2.5), N(2020)}},
};

static const struct town_row events[] = {
    {ROW_PUT, 11, {T("a1"), T("ok"), N(10), N(AT), N(1), N(0.5), T("h1")}},
    {ROW_PUT, 12, {T("a2"), T("fail"), N(20), N(AT + HOUR), N(0), N(1.5), T("h1")}},
    {ROW_PUT, 13, {T("a3"), T("ok"), N(30), N(AT + HOUR), N(1), N(2.5), T("h2")}},
    {ROW_PUT, 14, {T("a1"), T("fail"), N(40), N(AT + 3 * HOUR), N(0), N(3.5), T("h1")}},
    {ROW_PUT, 15, {T("a9"), T("ok"), N(50), N(AT + 3 * HOUR), N(1), {0}, {0}}},
};

// Stands still within a conversation, so that what is owed for wrong guesses does too.
static int64_t talk_now_ms;

static int64_t talk_clock(void)
{
    return talk_now_ms;
}

static bool say_ready(void *context)
{
    const struct talk *t = context;
    return t->is_ready;
}

static enum err say_state(void *context, struct buf *out)
{
    (void)context;
    buf_text(out, "{\"sources\":[]}");
    return OK;
}

// A key costs no Argon2id, so a conversation begins at once.
static void add_user(struct talk *t, enum role role)
{
    struct catalog_user user = {.password_hash = "none", .roles = 1U << role};
    snprintf(user.name, sizeof user.name, "%s", role_name(role));
    EXPECT_EQ(catalog_user_add(t->access->catalog, &user, 1, NULL), OK);
    struct principal who = {.roles = user.roles};
    memcpy(who.name, user.name, sizeof who.name);
    struct api_key k;
    EXPECT_EQ(access_key_add(t->access, &who, slice_text("key"), user.roles, "", 0, &k, NULL), OK);
    char pair[96];
    int len = snprintf(pair, sizeof pair, "%s:%s", k.id, k.secret);
    struct buf b = buf_init(128);
    buf_text(&b, "ApiKey ");
    base64url_print(slice_of(pair, (size_t)len), &b);
    memcpy(t->keys[role], b.at, b.len);
    memcpy(t->key_ids[role], k.id, sizeof k.id);
    buf_done(&b);
}

void talk_open(struct talk *t, uint32_t floor)
{
    memset(t, 0, sizeof *t);
    memcpy(t->directory, "/tmp/tamis-talk-XXXXXX", 23);
    EXPECT(mkdtemp(t->directory));
    EXPECT_EQ(access_open(t->directory, true, &t->access, NULL), OK);
    talk_now_ms = now_ms();
    t->access->now_ms = talk_clock;
    for (int r = 0; r < ROLE_COUNT; r++)
        add_user(t, (enum role)r);
    EXPECT_EQ(cubes_new(town_schema(floor), &t->cubes, NULL), OK);
    struct store_listener listener = cubes_listener(t->cubes);
    town_open(&t->town, floor, &listener);
    town_put(&t->town, TOWN_DEVICES, devices, sizeof devices / sizeof *devices);
    town_put(&t->town, TOWN_EVENTS, events, sizeof events / sizeof *events);
    const struct engine_settings settings = {
        .threads = 1, .cubes = t->cubes, .cache_bytes = 1 << 20};
    t->engine = engine_local_new(t->town.store, town_schema(floor), &settings);
    t->cursors = cursors_new(t->engine);
    const struct audit_options audit = {0};
    EXPECT_EQ(world_open(t->directory, &t->audit_world, NULL), OK);
    EXPECT_EQ(audit_open(&t->audit_world, &audit, &t->audit, NULL), OK);
    t->request = arena_new(LIMIT_REQUEST_ARENA_BYTES);
    t->is_ready = true;
    t->api = (struct api){.engine = t->engine,
                          .access = t->access,
                          .cubes = t->cubes,
                          .store = t->town.store,
                          .audit = t->audit,
                          .cursors = t->cursors,
                          .cluster_name = "tamis",
                          .node_name = "node-1",
                          .cluster_uuid = "AAAAAAAAAAAAAAAAAAAAAA",
                          .publish_address = "127.0.0.1:9200",
                          .started_ms = 1575417600000,
                          .state_context = t,
                          .state_json = say_state,
                          .is_ready = say_ready};
}

void talk_close(struct talk *t)
{
    static const char *const names[] = {"catalog.db", "catalog.db-wal", "catalog.db-shm",
                                        "0000000000000000.seg", "0000000000000000.heads"};
    buf_done(&t->reply.body);
    free(t->text);
    arena_free(t->request);
    cursors_free(t->cursors);
    t->engine->ops->close(t->engine);
    town_close(&t->town);
    cubes_free(t->cubes);
    access_close(t->access);
    audit_close(t->audit);
    world_close(&t->audit_world);
    for (int i = 0; i < 5; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", t->directory, names[i]);
        unlink(path);
    }
    rmdir(t->directory);
}

void talk_crowd(struct talk *t, uint32_t count)
{
    char names[100][8];
    struct town_row of_events[100];
    struct town_row of_devices[100];
    EXPECT(count <= 100);
    for (uint32_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "c%u", i);
        of_devices[i] = (struct town_row){ROW_PUT, 100 + i, {T(names[i]), T("m1"), N(1), N(2020)}};
        of_events[i] = (struct town_row){
            ROW_PUT,
            100 + i,
            {T(names[i]), T(i % 2 ? "fail" : "ok"), N(20), N(AT + 60000), N(1), N(1), T("h1")}};
    }
    town_put(&t->town, TOWN_DEVICES, of_devices, count);
    town_put(&t->town, TOWN_EVENTS, of_events, count);
}

static struct slice text_or(const char *text, const char *otherwise)
{
    return text ? slice_text(text) : otherwise ? slice_text(otherwise) : slice_of(NULL, 0);
}

// The time a search took is the one thing that differs from run to run.
static void keep_text(struct talk *t)
{
    free(t->text);
    t->text = malloc(t->reply.body.len + 1);
    if (t->reply.body.len)
        memcpy(t->text, t->reply.body.at, t->reply.body.len);
    t->text[t->reply.body.len] = '\0';
    for (char *took = strstr(t->text, "\"took\":"); took; took = strstr(took + 1, "\"took\":")) {
        size_t digits = strspn(took + 7, "0123456789");
        took[7] = '0';
        memmove(took + 8, took + 7 + digits, strlen(took + 7 + digits) + 1);
    }
}

int talk_ask(struct talk *t, enum role role, const char *line, const char *body)
{
    char method[16] = "";
    char path[1024] = "";
    char query[1024] = "";
    size_t len = strcspn(line, " ");
    snprintf(method, sizeof method, "%.*s", (int)len, line);
    const char *url = line + len + 1;
    size_t path_len = strcspn(url, "?");
    snprintf(path, sizeof path, "%.*s", (int)path_len, url);
    snprintf(query, sizeof query, "%s", url[path_len] ? url + path_len + 1 : "");
    const struct api_request r = {
        .method = method,
        .path = path,
        .query = query,
        .authorization = text_or(t->authorization, t->keys[role]),
        .content_type = text_or(t->content_type, body ? "application/json" : NULL),
        .accept = text_or(t->accept, NULL),
        .address = slice_text("10.0.0.1"),
        .body = text_or(body, NULL),
    };
    t->content_type = NULL;
    t->accept = NULL;
    t->authorization = NULL;
    buf_done(&t->reply.body);
    arena_reset(t->request);
    api_handle(&t->api, &r, t->request, &t->reply);
    EXPECT(t->reply.on_record && audited_may_leave(t->reply.on_record));
    keep_text(t);
    return t->reply.status;
}

int talk_get(struct talk *t, const char *path)
{
    char line[1024];
    snprintf(line, sizeof line, "GET %s", path);
    return talk_ask(t, ROLE_ANALYST, line, NULL);
}

bool talk_has(const struct talk *t, const char *part)
{
    return strstr(t->text, part) != NULL;
}

bool talk_is(const struct talk *t, const char *whole)
{
    return strcmp(t->text, whole) == 0;
}

void talk_expect(const struct talk *t, const char *part)
{
    if (!talk_has(t, part))
        test_fail(__FILE__, __LINE__, "not in the reply (%d): %s\n%s", t->reply.status, part,
                  t->text);
}

TEST(talk_begins_with_the_root)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_get(&t, "/"), 200);
    talk_expect(&t, "\"tagline\":\"You Know, for Search\"");
    talk_close(&t);
}
