// SPDX-License-Identifier: Apache-2.0
#include "audit/absence.h"
#include "unit/audit/shelf.h"

// A log in which ana is told of person 1 at second 2 and counts events at second 4, with a head
// after each second but the last.
static int64_t clock_ms;

static int64_t tell_time(void)
{
    return clock_ms;
}

struct desk {
    struct shelf shelf;
    struct world world;
    struct world_ops ops;
    struct audit *audit;
    struct book *book;
    struct book_options options;
};

static void put(struct desk *d, const char *who, uint8_t person, const char *shape)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 16);
    struct row_key row = {0, person};
    struct subject subject = {{person}};
    const struct slice indices[] = {slice_text("events")};
    const struct audit_set set = {0, slice_text("device"), &row, 1, &subject, 1};
    struct audit_entry e = {.kind = AUDIT_ANSWER,
                            .status = 200,
                            .principal = slice_text(who),
                            .action = slice_text("indices:data/read/search"),
                            .rows = person > 0,
                            .shape = slice_text(shape),
                            .indices = indices,
                            .index_count = 1,
                            .sets = &set,
                            .set_count = person > 0};
    EXPECT(audited_may_leave(audit_answer(d->audit, &e, request)));
}

static void sign_at(struct desk *d, int64_t ms)
{
    EXPECT_EQ(audit_tick(d->audit, shelf_sign, &d->shelf, NULL), OK);
    clock_ms = ms;
}

static void desk_open(struct desk *d)
{
    memset(d, 0, sizeof *d);
    shelf_open(&d->shelf);
    d->ops = *d->shelf.world.ops;
    d->ops.now_ms = tell_time;
    d->world = d->shelf.world;
    d->world.ops = &d->ops;
    const struct audit_options o = {.journal = {.segment_bytes = 600}};
    EXPECT_EQ(audit_open(&d->world, &o, &d->audit, NULL), OK);
    clock_ms = 1000;
    put(d, "bob", 7, "");
    sign_at(d, 2000);
    put(d, "ana", 1, "");
    sign_at(d, 3000);
    put(d, "bob", 8, "");
    sign_at(d, 4000);
    put(d, "ana", 0, "all size=0");
    sign_at(d, 5000);
    put(d, "bob", 9, "");
    sign_at(d, 6000);
}

static void open_book(struct desk *d)
{
    d->options = (struct book_options){.key = d->shelf.key};
    EXPECT_EQ(book_open(&d->shelf.world, &d->options, &d->book, NULL), OK);
}

static void desk_close(struct desk *d)
{
    book_close(d->book);
    audit_close(d->audit);
    shelf_close(&d->shelf);
}

static void sign_statement(void *context, const uint8_t digest[SIGN_DIGEST_BYTES],
                           uint8_t out[SIGNATURE_BYTES])
{
    const struct shelf *s = context;
    uint8_t bytes[22 + SIGN_DIGEST_BYTES] = "tamis audit statement";
    memcpy(bytes + 22, digest, SIGN_DIGEST_BYTES);
    sign(s->seed, slice_of(bytes, sizeof bytes), out);
}

static struct trace trace_of(uint8_t person, int64_t from_ms, int64_t to_ms)
{
    return (struct trace){.about = TRACE_SUBJECT,
                          .name = slice_text("device"),
                          .subject = {{person}},
                          .from_ms = from_ms,
                          .to_ms = to_ms};
}

static enum err state(struct desk *d, struct trace t, struct absence *found, struct buf *out,
                      struct fault *why)
{
    const struct absence_signer signer = {sign_statement, &d->shelf};
    buf_reset(out);
    return absence_state(d->book, &t, &signer, found, out, why);
}

TEST(absence_is_stated_only_of_what_no_entry_tells)
{
    struct desk d;
    struct absence a;
    struct buf out AUTO(buf_donep) = buf_init(1 << 16);
    desk_open(&d);
    open_book(&d);
    EXPECT_EQ(state(&d, trace_of(1, 1000, 4000), &a, &out, NULL), OK);
    EXPECT(strcmp(absence_verdict(&a), "read") == 0);
    EXPECT_EQ(a.read, 1);
    EXPECT_EQ(state(&d, trace_of(1, 3000, 4000), &a, &out, NULL), OK);
    EXPECT(strcmp(absence_verdict(&a), "not read") == 0);
    EXPECT_EQ(a.first, 2);
    EXPECT_EQ(a.next, 3);
    EXPECT_EQ(a.until_ms, 4000);
    EXPECT_EQ(state(&d, trace_of(1, 3000, 5000), &a, &out, NULL), OK);
    EXPECT(strcmp(absence_verdict(&a), "not shown") == 0);
    EXPECT_EQ(a.counted, 1);
    EXPECT_EQ(a.floorless, 1);
    struct trace by_bob = trace_of(1, 1000, 5000);
    by_bob.principal = slice_text("bob");
    EXPECT_EQ(state(&d, by_bob, &a, &out, NULL), OK);
    EXPECT(strcmp(absence_verdict(&a), "not read") == 0);
    EXPECT_EQ(a.next - a.first, 4); // everybody's, of whom bob's were looked at
    desk_close(&d);
}

// Nothing is said of a time that no head is over yet, or that retention deleted.
TEST(absence_says_nothing_of_what_is_not_there)
{
    struct desk d;
    struct absence a;
    struct fault why = {0};
    struct buf out AUTO(buf_donep) = buf_init(1 << 16);
    desk_open(&d);
    put(&d, "bob", 1, ""); // no head is over it
    EXPECT_EQ(audit_change(d.audit, NULL, "user.add", NULL, 0, NULL), OK);
    open_book(&d);
    EXPECT_EQ(book_facts(d.book).unsigned_entries, 2);
    EXPECT_EQ(state(&d, trace_of(1, 3000, INT64_MAX), &a, &out, NULL), OK);
    EXPECT_EQ(a.until_ms, 5000);
    EXPECT_EQ(a.next, 5);
    EXPECT(strcmp(absence_verdict(&a), "not shown") == 0);
    EXPECT_EQ(state(&d, trace_of(1, 5500, 7000), &a, &out, &why), ERR_INVALID);
    EXPECT_EQ(state(&d, trace_of(1, 4000, 4000), &a, &out, &why), ERR_INVALID);
    EXPECT_EQ(audit_tick(d.audit, shelf_sign, &d.shelf, NULL), OK);
    book_close(d.book);
    open_book(&d);
    EXPECT_EQ(state(&d, trace_of(1, 5500, 7000), &a, &out, NULL), OK);
    EXPECT(strcmp(absence_verdict(&a), "read") == 0);
    desk_close(&d);
}

TEST(absence_is_unknown_where_pseudonyms_were_renewed)
{
    struct desk d;
    struct absence a;
    struct buf out AUTO(buf_donep) = buf_init(1 << 16);
    desk_open(&d);
    EXPECT_EQ(audit_change(d.audit, NULL, "policy.rekey", NULL, 0, NULL), OK);
    sign_at(&d, 7000);
    put(&d, "bob", 3, "");
    sign_at(&d, 8000);
    open_book(&d);
    EXPECT_EQ(state(&d, trace_of(1, 3000, 4000), &a, &out, NULL), OK);
    EXPECT(strcmp(absence_verdict(&a), "unknown") == 0);
    EXPECT_EQ(state(&d, trace_of(1, 6500, 8000), &a, &out, NULL), OK);
    EXPECT(strcmp(absence_verdict(&a), "not read") == 0);
    desk_close(&d);
}

TEST(absence_refuses_a_range_that_retention_reached)
{
    struct desk d;
    struct absence a;
    struct fault why = {0};
    struct buf out AUTO(buf_donep) = buf_init(1 << 16);
    desk_open(&d);
    audit_close(d.audit);
    const struct audit_options o = {.journal = {.segment_bytes = 600}, .bytes_max = 900};
    EXPECT_EQ(audit_open(&d.world, &o, &d.audit, NULL), OK);
    put(&d, "bob", 2, "");
    sign_at(&d, 7000);
    put(&d, "bob", 3, "");
    sign_at(&d, 8000);
    open_book(&d);
    uint64_t first = book_facts(d.book).first;
    EXPECT(first > 0);
    EXPECT_EQ(state(&d, trace_of(1, 1000, 7000), &a, &out, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "retention deleted") != NULL);
    EXPECT_EQ(state(&d, trace_of(1, INT64_MIN, 7000), &a, &out, &why), ERR_INVALID);
    if (state(&d, trace_of(1, 6500, 8000), &a, &out, &why) != OK)
        test_fail(__FILE__, __LINE__, "%s", why.words);
    desk_close(&d);
}

static bool holds(struct desk *d, struct slice statement)
{
    struct absence a;
    struct audit_head head;
    if (absence_head(statement, &head, NULL) != OK)
        return false;
    const struct book_options o = {.key = d->shelf.key, .witnesses = &head, .witness_count = 1};
    struct book *b = NULL;
    bool good = book_open(&d->shelf.world, &o, &b, NULL) == OK &&
                absence_check(b, statement, d->shelf.key, &a, NULL) == OK;
    book_close(b);
    return good;
}

TEST(absence_statement_holds_later_and_not_when_a_byte_of_it_changes)
{
    struct desk d;
    struct absence a;
    struct buf out AUTO(buf_donep) = buf_init(1 << 16);
    desk_open(&d);
    open_book(&d);
    EXPECT_EQ(state(&d, trace_of(1, 3000, 4000), &a, &out, NULL), OK);
    EXPECT(holds(&d, buf_slice(&out)));
    put(&d, "bob", 1, ""); // the log goes on
    sign_at(&d, 7000);
    EXPECT(holds(&d, buf_slice(&out)));
    for (size_t i = 0; i < out.len; i++) {
        out.at[i] ^= 1;
        // The line end of the last line may be any.
        EXPECT(!holds(&d, buf_slice(&out)));
        out.at[i] ^= 1;
        EXPECT(i + 1 >= out.len || !holds(&d, slice_of(out.at, i)));
    }
    desk_close(&d);
}

// Signed by the right key, and yet not what the log says.
TEST(absence_of_another_log_does_not_hold)
{
    struct desk d;
    struct desk other;
    struct absence a;
    struct fault why = {0};
    struct buf out AUTO(buf_donep) = buf_init(1 << 16);
    desk_open(&d);
    open_book(&d);
    EXPECT_EQ(state(&d, trace_of(1, 3000, 4000), &a, &out, NULL), OK);
    desk_open(&other);
    open_book(&other);
    put(&other, "bob", 1, "");
    struct trace t = trace_of(1, 2000, 4000);
    const struct absence_signer signer = {sign_statement, &other.shelf};
    buf_reset(&out);
    EXPECT_EQ(absence_state(other.book, &t, &signer, &a, &out, NULL), OK);
    EXPECT_EQ(absence_check(d.book, buf_slice(&out), d.shelf.key, &a, &why), OK);
    // A range is moved, and signed anew.
    uint8_t *from = memmem(out.at, out.len, "00:00:02.000Z", 13);
    EXPECT(from != NULL);
    from[7] = '3';
    uint8_t digest[SIGN_DIGEST_BYTES];
    uint8_t signature[SIGNATURE_BYTES];
    const uint8_t *end = memchr(out.at, '\n', out.len);
    const struct slice line = slice_of(out.at, (size_t)(end - out.at) + 1);
    sha256_parts(&line, 1, digest);
    sign_statement(&d.shelf, digest, signature);
    struct buf forged AUTO(buf_donep) = buf_init(1 << 16);
    buf_slice_add(&forged, line);
    buf_text(&forged, "tamis-audit-statement 1 ");
    hex_print(slice_of(signature, sizeof signature), &forged);
    EXPECT_EQ(absence_check(d.book, buf_slice(&forged), d.shelf.key, &a, &why), ERR_CORRUPT);
    EXPECT(strstr(why.words, "the log says otherwise") != NULL);
    desk_close(&other);
    desk_close(&d);
}
