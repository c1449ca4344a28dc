// SPDX-License-Identifier: Apache-2.0
#include "audit/audit.h"
#include "unit/cli/run.h"
#include "unit/server/place.h"

#include <string.h>

enum { CHANGES = 5 };

// An installation with a log in it, as a server leaves it: written, signed, closed.
struct home {
    struct place place;
    char dir[96], log[128], other[96];
};

static enum err sign_head(void *context, const uint8_t digest[SIGN_DIGEST_BYTES],
                          uint8_t out[SIGNATURE_BYTES], struct fault *why)
{
    (void)why;
    key_ring_sign(context, SIGN_AUDIT_HEAD, digest, out);
    return OK;
}

// `count` more changes by ana, the last not signed when it is told so.
static void write_log(const struct home *h, int count, bool is_signed)
{
    struct world dir;
    struct world log;
    struct key_ring *ring = NULL;
    struct audit *audit = NULL;
    const struct audit_options o = {.bytes_max = 0};
    const struct audit_who who = {.principal = slice_text("ana"),
                                  .address = slice_text("10.1.2.3")};
    EXPECT_EQ(world_open(h->dir, &dir, NULL), OK);
    EXPECT_EQ(world_open(h->log, &log, NULL), OK);
    EXPECT_EQ(key_ring_open(&dir, &ring, NULL), OK);
    EXPECT_EQ(audit_open(&log, &o, &audit, NULL), OK);
    for (int i = 0; i < count; i++)
        EXPECT_EQ(audit_change(audit, &who, "user.add", NULL, 0, NULL), OK);
    if (is_signed)
        EXPECT_EQ(audit_tick(audit, sign_head, ring, NULL), OK);
    audit_close(audit);
    key_ring_close(ring);
    world_close(&log);
    world_close(&dir);
}

static void home_make(struct home *h)
{
    h->place = place_make();
    snprintf(h->dir, sizeof h->dir, "%s/home", h->place.path);
    snprintf(h->log, sizeof h->log, "%s/audit", h->dir);
    snprintf(h->other, sizeof h->other, "%s/pw", h->place.path);
    EXPECT_EQ(RUN("init", h->dir, "--password-file", h->other).status, EXIT_STATUS_OK);
    write_log(h, CHANGES, true);
}

static void flip_byte(const struct home *h, const char *name, off_t at)
{
    char path[256];
    uint8_t byte = 0;
    snprintf(path, sizeof path, "%s/%s", h->log, name);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    EXPECT(fd >= 0);
    EXPECT_EQ(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    EXPECT_EQ(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

TEST(audit_verify_tells_what_is_there)
{
    struct home h;
    home_make(&h);
    struct ran r = RUN("audit", "verify", "--dir", h.dir);
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strstr(r.out, "5 entries, 0 to 4, from ") == r.out);
    EXPECT(strstr(r.out, "last signed head: number 0 over 5 entries") != NULL);
    EXPECT(strstr(r.out, "no head is over yet") == NULL);
    write_log(&h, 2, false);
    r = RUN("audit", "verify", "--dir", h.dir, "--json");
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strstr(r.out, "\"entries\":7") != NULL);
    EXPECT(strstr(r.out, "\"without_head\":2") != NULL);
    place_drop(&h.place);
}

TEST(audit_verify_names_the_place_where_a_byte_was_changed)
{
    struct home h;
    home_make(&h);
    flip_byte(&h, "0000000000000000.seg", 100);
    struct ran r = RUN("audit", "verify", "--dir", h.dir);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(r.out[0] == '\0');
    if (!strstr(r.err, "/audit: 0000000000000000.seg at byte 32: "))
        test_fail(__FILE__, __LINE__, "%s", r.err);
    flip_byte(&h, "0000000000000000.seg", 100);
    EXPECT_EQ(RUN("audit", "verify", "--dir", h.dir).status, EXIT_STATUS_OK);
    flip_byte(&h, "0000000000000000.heads", 60);
    r = RUN("audit", "verify", "--dir", h.dir);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "0000000000000000.heads: head 0: its signature") != NULL);
    place_drop(&h.place);
}

TEST(audit_verify_trusts_the_key_it_is_given)
{
    struct home h;
    home_make(&h);
    struct ran key = RUN("audit", "key", "--dir", h.dir);
    EXPECT_EQ(key.status, EXIT_STATUS_OK);
    EXPECT_EQ(strlen(key.out), 2 * SIGN_PUBLIC_BYTES + 1);
    place_write(&h.place, "key", key.out);
    EXPECT_EQ(RUN("audit", "verify", "--dir", h.dir, "--key", place_name(&h.place, "key")).status,
              EXIT_STATUS_OK);
    key.out[2 * SIGN_PUBLIC_BYTES] = '\0';
    EXPECT_EQ(RUN("audit", "verify", "--dir", h.dir, "--key", key.out).status, EXIT_STATUS_OK);
    key.out[0] = key.out[0] == '0' ? '1' : '0';
    struct ran r = RUN("audit", "verify", "--dir", h.dir, "--key", key.out);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "its signature is not of this key") != NULL);
    place_drop(&h.place);
}

// The whole log thrown away and a new one begun under the same key: only what is elsewhere
// can tell.
TEST(audit_verify_finds_a_log_begun_anew_by_a_head_kept_elsewhere)
{
    struct home h;
    home_make(&h);
    struct ran head = RUN("audit", "head", "--dir", h.dir);
    EXPECT_EQ(head.status, EXIT_STATUS_OK);
    EXPECT(strstr(head.out, "tamis-audit-head 1 0 5 ") == head.out);
    place_write(&h.place, "kept", head.out);
    const char *kept = place_name(&h.place, "kept");
    EXPECT_EQ(RUN("audit", "verify", "--dir", h.dir, "--head", kept).status, EXIT_STATUS_OK);
    EXPECT_EQ(unlink(place_name(&h.place, "home/audit/0000000000000000.seg")), 0);
    EXPECT_EQ(unlink(place_name(&h.place, "home/audit/0000000000000000.heads")), 0);
    write_log(&h, CHANGES, true);
    EXPECT_EQ(RUN("audit", "verify", "--dir", h.dir).status, EXIT_STATUS_OK);
    kept = place_name(&h.place, "kept");
    struct ran r = RUN("audit", "verify", "--dir", h.dir, "--head", kept);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "witness: head 0: the first 5 entries are not those") != NULL);
    place_drop(&h.place);
}

TEST(audit_tail_shows_the_last_entries)
{
    struct home h;
    home_make(&h);
    struct ran r = RUN("audit", "tail", "--dir", h.dir, "--last", "2");
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strstr(r.out, "\n    3  ") != NULL && strstr(r.out, "\n    4  ") != NULL);
    EXPECT(strstr(r.out, "\n    2  ") == NULL);
    EXPECT(strstr(r.out, "ana") != NULL && strstr(r.out, "10.1.2.3") != NULL);
    r = RUN("audit", "tail", "--dir", h.dir, "--last", "1", "--json");
    EXPECT(strstr(r.out, "{\"entry\":4,") == r.out);
    EXPECT(strstr(r.out, "\"action\":\"user.add\"") != NULL);
    EXPECT_EQ(RUN("audit", "tail", "--dir", h.dir, "--last", "few").status, EXIT_STATUS_FAILED);
    place_drop(&h.place);
}

TEST(audit_who_counts_by_principal_and_time)
{
    struct home h;
    home_make(&h);
    struct ran r = RUN("audit", "who", "--dir", h.dir, "--json");
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strstr(r.out, "\"principal\":\"ana\",\"subjects\":0") != NULL);
    EXPECT(strstr(r.out, "\"entries\":5,\"changes\":5") != NULL);
    EXPECT(strcmp(RUN("audit", "who", "--dir", h.dir, "--principal", "bob", "--json").out,
                  "[]\n") == 0);
    EXPECT(strcmp(RUN("audit", "who", "--dir", h.dir, "--to", "2001-01-01", "--json").out,
                  "[]\n") == 0);
    EXPECT(strstr(RUN("audit", "who", "--dir", h.dir, "--from", "2001-01-01").out, "\nana ") !=
           NULL);
    r = RUN("audit", "who", "--dir", h.dir, "--from", "soon");
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "--from") != NULL);
    place_drop(&h.place);
}

// Who checks it has the directory, and a key from elsewhere.
TEST(audit_export_is_checked_alone)
{
    struct home h;
    home_make(&h);
    struct ran key = RUN("audit", "key", "--dir", h.dir);
    key.out[2 * SIGN_PUBLIC_BYTES] = '\0';
    write_log(&h, 2, false);
    char to[128];
    snprintf(to, sizeof to, "%s/export", h.place.path);
    struct ran r = RUN("audit", "export", "--dir", h.dir, "--to", to);
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strstr(r.err, "entries 0 to 4 are in ") == r.err);
    EXPECT(strstr(r.err, "no head is over them yet: 2") != NULL);
    EXPECT_EQ(RUN("audit", "export", "--dir", h.dir, "--to", to).status, EXIT_STATUS_FAILED);
    r = RUN("audit", "verify", "--export", to, "--key", key.out);
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strstr(r.out, "5 entries, 0 to 4, ") == r.out);
    EXPECT(strstr(r.out, "no head is over yet") == NULL);
    r = RUN("audit", "tail", "--export", to, "--key", key.out, "--last", "1", "--json");
    EXPECT(strstr(r.out, "{\"entry\":4,") == r.out);
    EXPECT_EQ(RUN("audit", "verify", "--export", to).status, EXIT_STATUS_USAGE);
    // The server's log goes on; a last entry cut off an export is missed.
    int fd = open(place_name(&h.place, "export/0000000000000000.seg"), O_RDWR | O_CLOEXEC);
    EXPECT(fd >= 0);
    EXPECT_EQ(ftruncate(fd, lseek(fd, 0, SEEK_END) - 1), 0);
    close(fd);
    r = RUN("audit", "verify", "--export", to, "--key", key.out);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "0000000000000000.seg at byte ") != NULL);
    place_drop(&h.place);
}

TEST(audit_refuses_what_does_not_go_together)
{
    EXPECT_EQ(RUN("audit", "verify").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("audit", "burn", "--dir", "x").status, EXIT_STATUS_USAGE);
    struct ran r = RUN("audit", "verify", "--dir", "x", "--last", "3");
    EXPECT_EQ(r.status, EXIT_STATUS_USAGE);
    EXPECT(strstr(r.err, "--last does not go with verify") != NULL);
    EXPECT_EQ(RUN("audit", "tail", "--dir", "x", "--members").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("audit", "export", "--dir", "x").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("audit", "verify", "--dir", "x", "--export", "y", "--key", "z").status,
              EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("audit", "verify", "--dir", "/no/such/place").status, EXIT_STATUS_FAILED);
}

// An answer that shows a row of a person, and perhaps counts others; signed.
static void write_answers(const struct home *h, const char *who, uint8_t person, bool counts)
{
    struct world dir;
    struct world log;
    struct key_ring *ring = NULL;
    struct audit *audit = NULL;
    struct arena *request = arena_new(1 << 16);
    const struct audit_options o = {.bytes_max = 0};
    const struct slice index = slice_text("events");
    const struct audit_field field = {0, AUDIT_FIELD_SHOWN, slice_text("outcome")};
    struct row_key row = {0, person};
    struct subject subject = {{person}};
    const struct audit_set set = {0, slice_text("device"), &row, 1, &subject, 1};
    struct audit_entry e = {.kind = AUDIT_ANSWER,
                            .status = 200,
                            .principal = slice_text(who),
                            .action = slice_text("indices:data/read/search"),
                            .rows = 1,
                            .shape = slice_text(counts ? "all size=1" : ""),
                            .indices = &index,
                            .index_count = 1,
                            .fields = &field,
                            .field_count = 1,
                            .sets = &set,
                            .set_count = 1};
    EXPECT_EQ(world_open(h->dir, &dir, NULL), OK);
    EXPECT_EQ(world_open(h->log, &log, NULL), OK);
    EXPECT_EQ(key_ring_open(&dir, &ring, NULL), OK);
    EXPECT_EQ(audit_open(&log, &o, &audit, NULL), OK);
    EXPECT(audited_may_leave(audit_answer(audit, &e, request)));
    EXPECT_EQ(audit_tick(audit, sign_head, ring, NULL), OK);
    audit_close(audit);
    arena_free(request);
    key_ring_close(ring);
    world_close(&log);
    world_close(&dir);
}

#define PERSON_1 "device:AQAAAAAAAAAAAAAAAAAAAA"
#define PERSON_2 "device:AgAAAAAAAAAAAAAAAAAAAA"

TEST(audit_who_of_somebody_shows_each_reading_with_its_fields)
{
    struct home h;
    home_make(&h);
    write_answers(&h, "bob", 1, false);
    write_answers(&h, "cai", 2, true);
    struct ran r = RUN("audit", "who", "--dir", h.dir, "--of", PERSON_1);
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strstr(r.out, "bob") != NULL && strstr(r.out, "events.outcome") != NULL);
    EXPECT(strstr(r.out, "cai") == NULL);
    EXPECT(strstr(r.out, "may have been one of many: 1\n") != NULL);
    r = RUN("audit", "who", "--dir", h.dir, "--of", "events", "--principal", "cai", "--json");
    EXPECT(strstr(r.out, "{\"entry\":6,") == r.out);
    r = RUN("audit", "who", "--dir", h.dir, "--of", "device:x");
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "--of: a person is KIND:PSEUDONYM") != NULL);
    place_drop(&h.place);
}

// Signed where the keys are, checked where only an export and the public key are.
TEST(audit_proves_that_somebody_was_not_read)
{
    struct home h;
    home_make(&h);
    write_answers(&h, "bob", 1, false);
    struct ran key = RUN("audit", "key", "--dir", h.dir);
    key.out[2 * SIGN_PUBLIC_BYTES] = '\0';
    char file[128];
    char to[128];
    snprintf(file, sizeof file, "%s/statement", h.place.path);
    snprintf(to, sizeof to, "%s/export", h.place.path);
    struct ran r =
        RUN("audit", "prove-absent", "--dir", h.dir, "--of", PERSON_2, "--statement", file);
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strstr(r.out, "not read: of entries 0 to 5, all there are until ") == r.out);
    EXPECT_EQ(
        RUN("audit", "prove-absent", "--dir", h.dir, "--of", PERSON_2, "--statement", file).status,
        EXIT_STATUS_FAILED); // never over one there is
    write_answers(&h, "bob", 2, true);
    EXPECT_EQ(RUN("audit", "export", "--dir", h.dir, "--to", to).status, EXIT_STATUS_OK);
    r = RUN("audit", "verify", "--export", to, "--key", key.out, "--statement", file);
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strstr(r.out, "signed by this key, and the log says the same\nnot read") != NULL);
    r = RUN("audit", "prove-absent", "--dir", h.dir, "--of", PERSON_2);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.out, "read: of entries") == r.out);
    r = RUN("audit", "prove-absent", "--export", to, "--key", key.out, "--of", PERSON_1,
            "--principal", "bob", "--json");
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.out, "\"verdict\":\"read\",\"read\":{\"count\":1,\"entries\":[5]}") != NULL);
    place_write(&h.place, "statement", "{\"statement\":\"tamis audit absence 1\"}\n");
    r = RUN("audit", "verify", "--export", to, "--key", key.out, "--statement", file);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "--statement: this is no statement") != NULL);
    place_drop(&h.place);
}

TEST(audit_prove_absent_says_what_it_needs)
{
    EXPECT_EQ(RUN("audit", "prove-absent", "--dir", "x").status, EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("audit", "prove-absent", "--export", "x", "--key", "k", "--of", "events",
                  "--statement", "f")
                  .status,
              EXIT_STATUS_USAGE);
    EXPECT_EQ(RUN("audit", "tail", "--dir", "x", "--of", "events").status, EXIT_STATUS_USAGE);
}
