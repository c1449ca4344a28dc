// SPDX-License-Identifier: Apache-2.0
#include "guard/control.h"
#include "server/mirror_position.h"
#include "server/writer.h"
#include "test.h"
#include "unit/policy/fleet.h"

#include <stdio.h>
#include <unistd.h>

// A store that counts, and fails when told to.
struct book {
    int appended, committed, positions;
    enum err append_fails, commit_fails;
    uint64_t end_lsn; // of the last one appended
};

static enum err book_append(void *context, const struct admitted *a, struct fault *why)
{
    struct book *b = context;
    if (b->append_fails)
        return fail(why, b->append_fails, "the book is full");
    b->appended++;
    b->end_lsn = admitted_changeset(a)->position.end_lsn;
    return OK;
}

static enum err book_commit(void *context, struct fault *why)
{
    struct book *b = context;
    if (b->commit_fails)
        return fail(why, b->commit_fails, "the disk is gone");
    b->committed = b->appended;
    return OK;
}

static void book_position(void *context, const char *source, struct position *out)
{
    struct book *b = context;
    *out = (struct position){.phase = PHASE_STREAMING, .end_lsn = b->end_lsn};
    EXPECT(strcmp(source, "fleet") == 0);
    EXPECT_EQ(b->committed, b->appended);
    b->positions++;
}

struct desk {
    struct arena *arena;
    const struct schema *schema;
    struct book book;
    struct writer *writer;
    struct link *mirror; // the other end
};

static void new_link(struct desk *d)
{
    int ends[2];
    link_free(d->mirror);
    EXPECT_EQ(control_link_pair(ends, NULL), OK);
    d->mirror = link_new(ends[0], PROCESS_MIRROR, PROCESS_SERVE);
    writer_link(d->writer, link_new(ends[1], PROCESS_SERVE, PROCESS_MIRROR));
}

static void desk_open_for(struct desk *d, const char *policy)
{
    const struct policy *p = NULL;
    *d = (struct desk){.arena = arena_new(POLICY_ARENA_BYTES)};
    EXPECT_EQ(policy_parse(slice_text(policy), d->arena, &p, NULL), OK);
    d->schema = p->schema;
    struct writer_store store = {.context = &d->book,
                                 .append = book_append,
                                 .commit = book_commit,
                                 .position = book_position};
    d->writer = writer_new(&store, d->schema);
    new_link(d);
}

static void desk_open(struct desk *d)
{
    desk_open_for(d, FLEET_POLICY);
}

static void desk_close(struct desk *d)
{
    writer_free(d->writer);
    link_free(d->mirror);
    arena_free(d->arena);
}

static void say(struct desk *d, enum message_type type, uint64_t serial, struct slice payload)
{
    EXPECT_EQ(link_send(d->mirror, type, serial, payload, NULL), OK);
    EXPECT_EQ(link_flush(d->mirror, NULL), OK);
}

static void greet(struct desk *d, uint64_t fingerprint)
{
    struct buf bytes AUTO(buf_donep) = buf_init(8);
    buf_u64_le(&bytes, fingerprint);
    say(d, MESSAGE_HELLO, 0, buf_slice(&bytes));
}

static void send_rows(struct desk *d, uint64_t serial, const char *source, const struct batch *rows)
{
    struct changeset c = {.position = {.phase = PHASE_STREAMING,
                                       .end_lsn = serial * 100,
                                       .policy_fingerprint = d->schema->fingerprint},
                          .batch_count = rows ? 1 : 0,
                          .batches = rows};
    snprintf(c.position.source, sizeof c.position.source, "%s", source);
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 16);
    EXPECT_EQ(changeset_encode(&c, d->schema, &bytes, NULL), OK);
    say(d, MESSAGE_CHANGESET, serial, buf_slice(&bytes));
}

static void send_changeset(struct desk *d, uint64_t serial)
{
    send_rows(d, serial, "fleet", NULL);
}

static enum err step(struct desk *d)
{
    bool did = false;
    return writer_step(d->writer, &did, NULL);
}

static bool heard(struct desk *d, struct message *out)
{
    bool got = false;
    return link_receive(d->mirror, out, &got, NULL) == OK && got;
}

TEST(writer_commits_all_that_came_at_once_and_says_so_once)
{
    struct desk d;
    desk_open(&d);
    greet(&d, d.schema->fingerprint);
    for (uint64_t serial = 1; serial <= 5; serial++)
        send_changeset(&d, serial);
    bool did = false;
    EXPECT_EQ(writer_step(d.writer, &did, NULL), OK);
    EXPECT(did);
    EXPECT_EQ(d.book.committed, 5);
    struct message m;
    EXPECT(heard(&d, &m));
    EXPECT_EQ(m.type, MESSAGE_DURABLE);
    EXPECT_EQ(m.serial, 5);
    EXPECT(!heard(&d, &m));
    EXPECT_EQ(step(&d), OK);
    EXPECT(!heard(&d, &m)); // nothing new, nothing said
    desk_close(&d);
}

TEST(writer_stops_at_a_commits_worth_and_goes_on)
{
    struct desk d;
    desk_open(&d);
    greet(&d, d.schema->fingerprint);
    for (uint64_t serial = 1; serial <= 300; serial++)
        send_changeset(&d, serial);
    EXPECT_EQ(step(&d), OK);
    EXPECT(writer_is_busy(d.writer));
    EXPECT_EQ(d.book.committed, 255);          // the greeting is one of 256
    EXPECT_EQ(link_flush(d.mirror, NULL), OK); // what the socket did not take before
    EXPECT_EQ(step(&d), OK);
    EXPECT(!writer_is_busy(d.writer));
    EXPECT_EQ(d.book.committed, 300);
    desk_close(&d);
}

TEST(writer_answers_a_position_from_what_is_committed)
{
    struct desk d;
    desk_open(&d);
    static const uint8_t name[64] = "fleet";
    greet(&d, d.schema->fingerprint);
    send_changeset(&d, 1);
    say(&d, MESSAGE_POSITION_ASK, 77, slice_of(name, sizeof name));
    EXPECT_EQ(step(&d), OK);
    EXPECT_EQ(d.book.positions, 1);
    struct message m;
    EXPECT(heard(&d, &m));
    EXPECT_EQ(m.type, MESSAGE_DURABLE);
    EXPECT(heard(&d, &m));
    EXPECT_EQ(m.type, MESSAGE_POSITION);
    EXPECT_EQ(m.serial, 77);
    struct position at;
    EXPECT_EQ(mirror_position_decode(m.payload, &at, NULL), OK);
    EXPECT(strcmp(at.source, "fleet") == 0);
    EXPECT_EQ(at.end_lsn, 100);
    desk_close(&d);
}

static void expect_dropped(struct desk *d)
{
    bool wants_write;
    EXPECT_EQ(step(d), ERR_CORRUPT);
    EXPECT_EQ(writer_fd(d->writer, &wants_write), -1);
    EXPECT_EQ(d->book.appended, 0);
    new_link(d);
}

TEST(writer_drops_a_mirror_that_breaks_the_rules)
{
    struct desk d;
    desk_open(&d);
    static const uint8_t nameless[64] = {[63] = 'x'};
    greet(&d, d.schema->fingerprint + 1); // another policy
    expect_dropped(&d);
    send_changeset(&d, 1); // no greeting
    expect_dropped(&d);
    greet(&d, d.schema->fingerprint);
    send_changeset(&d, 2); // out of turn
    expect_dropped(&d);
    greet(&d, d.schema->fingerprint);
    say(&d, MESSAGE_CHANGESET, 1, slice_text("no changeset")); // does not decode
    expect_dropped(&d);
    greet(&d, d.schema->fingerprint);
    say(&d, MESSAGE_POSITION_ASK, 1, slice_of(nameless, sizeof nameless));
    expect_dropped(&d);
    say(&d, MESSAGE_MIRROR_STATE, 1, slice_text("{\"a\":"));
    expect_dropped(&d);
    say(&d, MESSAGE_MIRROR_STATE, 1, slice_text("[]"));
    expect_dropped(&d);
    d.book.append_fails = ERR_LIMIT; // the store does not take it
    greet(&d, d.schema->fingerprint);
    send_changeset(&d, 1);
    expect_dropped(&d);
    desk_close(&d);
}

#define SOURCE(name_, table_)                                                      \
    "  " name_ ":\n    postgres: host=127.0.0.1 dbname=" name_ "\n"                \
    "    replication: {user: r, password_file: keys/r}\n"                          \
    "    copy: {user: c, password_file: keys/c}\n    tables:\n      " table_ ":\n" \
    "        key: id\n        columns:\n          id: {treat: keep, as: long}\n"

TEST(writer_lets_a_source_speak_for_its_own_tables_only)
{
    struct desk d;
    desk_open_for(&d, "sources:\n" SOURCE("one", "birds") SOURCE("two", "trees"));
    static const uint8_t ops[] = {ROW_PUT};
    static const struct row_key keys[] = {{.lo = 1}};
    static const uint64_t present[] = {1};
    static const uint64_t none[] = {0};
    static const int64_t ids[] = {7};
    const struct batch_column column = {.present = present, .unchanged = none, .i64 = ids};
    const struct batch birds = {
        .table = 0, .row_count = 1, .ops = ops, .keys = keys, .columns = &column};
    greet(&d, d.schema->fingerprint);
    send_rows(&d, 1, "two", &birds);
    expect_dropped(&d);
    greet(&d, d.schema->fingerprint);
    send_rows(&d, 1, "three", NULL);
    expect_dropped(&d);
    greet(&d, d.schema->fingerprint);
    send_rows(&d, 1, "one", &birds);
    EXPECT_EQ(step(&d), OK);
    EXPECT_EQ(d.book.appended, 1);
    desk_close(&d);
}

TEST(writer_keeps_what_came_whole_before_a_broken_rule)
{
    struct desk d;
    desk_open(&d);
    greet(&d, d.schema->fingerprint);
    send_changeset(&d, 1);
    send_changeset(&d, 3);
    EXPECT_EQ(step(&d), ERR_CORRUPT);
    EXPECT_EQ(d.book.appended, 1);
    EXPECT_EQ(d.book.committed, 1);
    desk_close(&d);
}

TEST(writer_outlives_a_mirror_that_leaves_and_takes_the_next)
{
    struct desk d;
    desk_open(&d);
    greet(&d, d.schema->fingerprint);
    send_changeset(&d, 1);
    link_free(d.mirror);
    d.mirror = NULL;
    EXPECT_EQ(step(&d), OK);
    EXPECT_EQ(d.book.committed, 1);
    new_link(&d);
    greet(&d, d.schema->fingerprint);
    send_changeset(&d, 1); // serials start again on a new link
    EXPECT_EQ(step(&d), OK);
    EXPECT_EQ(d.book.committed, 2);
    desk_close(&d);
}

TEST(writer_ends_when_the_store_fails_and_says_nothing_is_durable)
{
    struct desk d;
    struct message m;
    desk_open(&d);
    d.book.commit_fails = ERR_IO;
    greet(&d, d.schema->fingerprint);
    send_changeset(&d, 1);
    EXPECT_EQ(step(&d), ERR_IO);
    EXPECT(!heard(&d, &m));
    desk_close(&d);
    desk_open(&d);
    d.book.append_fails = ERR_IO;
    greet(&d, d.schema->fingerprint);
    send_changeset(&d, 1);
    EXPECT_EQ(step(&d), ERR_IO);
    EXPECT(!heard(&d, &m));
    desk_close(&d);
}

TEST(writer_keeps_the_last_state_of_mirror)
{
    struct desk d;
    desk_open(&d);
    EXPECT_EQ(writer_mirror_state(d.writer).len, 0);
    say(&d, MESSAGE_MIRROR_STATE, 1, slice_text("{\"sources\":[1]}"));
    say(&d, MESSAGE_MIRROR_STATE, 2, slice_text("{\"sources\":[2]}"));
    EXPECT_EQ(step(&d), OK);
    EXPECT(slice_is(writer_mirror_state(d.writer), "{\"sources\":[2]}"));
    desk_close(&d);
}
