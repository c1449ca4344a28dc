// SPDX-License-Identifier: Apache-2.0
#include "keys/crypto.h"
#include "unit/api/talk.h"
#include "unit/audit/shelf.h"

static void sign_head_of(struct talk *t, struct shelf *s)
{
    EXPECT_EQ(audit_tick(t->audit, shelf_sign, s, NULL), OK);
}

static int ask(struct talk *t, const char *path)
{
    char line[256];
    snprintf(line, sizeof line, "GET %s", path);
    return talk_ask(t, ROLE_AUDITOR, line, NULL);
}

static const char *const paths[] = {"/_tamis/audit/head",   "/_tamis/audit/tail",
                                    "/_tamis/audit/who",    "/_tamis/audit/absent?of=events",
                                    "/_tamis/audit/verify", "/_tamis/audit/consistency?first=1",
                                    "/_tamis/audit/proof/0"};

enum { PATHS = sizeof paths / sizeof *paths };

TEST(api_audit_is_for_the_auditor_who_may_nothing_else)
{
    static const char *const others[] = {"GET /",
                                         "GET /_search?size=0",
                                         "GET /events/_doc/000000000000000b",
                                         "GET /_mapping",
                                         "GET /_tamis/metrics",
                                         "GET /_tamis/status",
                                         "GET /_security/user",
                                         "PUT /_security/user/x",
                                         "POST /events/_doc"};
    struct talk t;
    struct shelf s;
    char line[256];
    talk_open(&t, 0);
    shelf_open(&s);
    sign_head_of(&t, &s);
    EXPECT_EQ(talk_get(&t, "/events/_doc/000000000000000b"), 200);
    sign_head_of(&t, &s);
    for (int i = 0; i < PATHS; i++)
        EXPECT_EQ(ask(&t, paths[i]), 200);
    for (int r = 0; r < ROLE_COUNT; r++) {
        for (int i = 0; i < PATHS && r != ROLE_AUDITOR; i++) {
            snprintf(line, sizeof line, "GET %s", paths[i]);
            EXPECT_EQ(talk_ask(&t, (enum role)r, line, NULL), 403);
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        EXPECT_EQ(talk_ask(&t, ROLE_AUDITOR, others[i], others[i][0] == 'G' ? NULL : "{}"), 403);
    shelf_close(&s);
    talk_close(&t);
}

// Each reading of the log is in the log, with what was asked for.
TEST(api_audit_puts_each_reading_on_record)
{
    struct talk t;
    struct shelf s;
    talk_open(&t, 0);
    shelf_open(&s);
    EXPECT_EQ(talk_get(&t, "/events/_doc/000000000000000b"), 200);
    sign_head_of(&t, &s);
    for (int i = 0; i < PATHS; i++) {
        struct audit_stats before;
        struct audit_stats after;
        audit_stats(t.audit, &before);
        EXPECT_EQ(ask(&t, paths[i]), 200);
        audit_stats(t.audit, &after);
        EXPECT_EQ(after.journal.entries, before.journal.entries + 1);
    }
    EXPECT_EQ(ask(&t, "/_tamis/audit/who?of=device:YTEAAAAAAAAAAAAAAAAAAA&principal=bob"), 200);
    EXPECT_EQ(ask(&t, "/_tamis/audit/tail?last=1"), 200);
    talk_expect(&t, "\"principal\":\"auditor\"");
    talk_expect(&t, "\"action\":\"cluster:admin/audit/read\",\"route\":\"GET /_tamis/audit/who\"");
    talk_expect(&t, "\"facts\":{\"of\":\"device:YTEAAAAAAAAAAAAAAAAAAA\",\"principal\":\"bob\"}");
    shelf_close(&s);
    talk_close(&t);
}

TEST(api_audit_tells_who_read_somebody)
{
    struct talk t;
    struct shelf s;
    talk_open(&t, 0);
    shelf_open(&s);
    EXPECT_EQ(talk_get(&t, "/events/_doc/000000000000000b?_source=host"), 200); // of a1
    EXPECT_EQ(talk_get(&t, "/events/_search?size=0"), 200);
    sign_head_of(&t, &s);
    EXPECT_EQ(ask(&t, "/_tamis/audit/who?of=device:YTEAAAAAAAAAAAAAAAAAAA"), 200);
    talk_expect(&t, "\"shown\":[\"events.host\"]");
    talk_expect(&t, "\"read\":1,\"counted\":1}");
    EXPECT_EQ(ask(&t, "/_tamis/audit/absent?of=device:YTEAAAAAAAAAAAAAAAAAAA"), 200);
    talk_expect(&t, "\"verdict\":\"read\",\"read\":{\"count\":1");
    EXPECT_EQ(ask(&t, "/_tamis/audit/absent?of=device:YTIAAAAAAAAAAAAAAAAAAA"), 200);
    talk_expect(&t, "\"verdict\":\"not shown\"");
    EXPECT_EQ(ask(&t, "/_tamis/audit/absent?of=calls"), 200);
    talk_expect(&t, "\"verdict\":\"not read\"");
    EXPECT_EQ(ask(&t, "/_tamis/audit/who?principal=analyst"), 200);
    talk_expect(&t, "\"subjects\":1,\"rows\":1,\"rows_shown\":1,\"buckets\":0,\"entries\":2");
    EXPECT_EQ(ask(&t, "/_tamis/audit/who?to=2001-01-01"), 200);
    talk_expect(&t, "\"principals\":[]");
    EXPECT_EQ(ask(&t, "/_tamis/audit/who?of=events&from=2001-01-01"), 200);
    talk_expect(&t, "\"read\":2,");
    shelf_close(&s);
    talk_close(&t);
}

TEST(api_audit_refuses_what_it_cannot_read)
{
    static const struct {
        const char *path;
        int status;
        const char *words;
    } all[] = {{"/_tamis/audit/tail?last=many", 400, "[last] is not a number"},
               {"/_tamis/audit/tail?last=100000", 400, "[last] is at most 1000"},
               {"/_tamis/audit/who?of=device:x", 400, "[of]: a person is KIND:PSEUDONYM"},
               {"/_tamis/audit/who?from=soon", 400, "[from]"},
               {"/_tamis/audit/absent", 400, "[of] is missing"},
               {"/_tamis/audit/absent?of=events&from=2200-01-01", 400, "nothing can be said"},
               {"/_tamis/audit/verify?key=12", 400, "[key]"},
               {"/_tamis/audit/verify?head=x", 400, "[head]"},
               {"/_tamis/audit/proof/first", 400, "known by its number"},
               {"/_tamis/audit/proof/99999", 404, "entry 99999 is not here"},
               {"/_tamis/audit/tail?lst=1", 400, "unrecognized parameter"}};
    struct talk t;
    struct shelf s;
    talk_open(&t, 0);
    shelf_open(&s);
    EXPECT_EQ(ask(&t, "/_tamis/audit/head"), 404);
    EXPECT_EQ(ask(&t, "/_tamis/audit/absent?of=events"), 404);
    sign_head_of(&t, &s);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        EXPECT_EQ(ask(&t, all[i].path), all[i].status);
        talk_expect(&t, all[i].words);
    }
    EXPECT_EQ(ask(&t, "/_tamis/audit/tail"), 200); // no refusal left the door locked
    shelf_close(&s);
    talk_close(&t);
}

static void parse_hex(const char *at, uint8_t *out, size_t bytes)
{
    EXPECT(audit_hex_parse(slice_of(at, 2 * bytes), out, bytes));
}

// The proofs, checked as somebody with the head and nothing else would.
TEST(api_audit_proves_an_entry_to_who_has_the_head)
{
    struct talk t;
    struct shelf s;
    struct hash256 root;
    struct hash256 leaf;
    uint8_t leaf_bytes[AUDIT_LEAF_BYTES];
    struct merkle_proof path = {0};
    talk_open(&t, 0);
    shelf_open(&s);
    for (int i = 0; i < 6; i++)
        EXPECT_EQ(talk_get(&t, "/events/_doc/000000000000000b"), 200);
    sign_head_of(&t, &s);
    EXPECT_EQ(ask(&t, "/_tamis/audit/head"), 200);
    uint64_t size = strtoull(strstr(t.text, "\"size\":") + 7, NULL, 10);
    parse_hex(strstr(t.text, "\"root\":\"") + 8, root.at, sizeof root.at);
    EXPECT_EQ(ask(&t, "/_tamis/audit/proof/3"), 200);
    parse_hex(strstr(t.text, "\"leaf\":\"") + 8, leaf_bytes, sizeof leaf_bytes);
    for (const char *at = strstr(t.text, "\"path\":[") + 8; *at == '"' || *at == ','; at += 66) {
        at += *at == ',';
        parse_hex(at + 1, path.at[path.count++].at, SHA256_BYTES);
    }
    merkle_leaf(slice_of(leaf_bytes, sizeof leaf_bytes), &leaf);
    EXPECT(path.count > 0 && merkle_inclusion_holds(&leaf, 3, size, &path, &root));
    path.at[0].at[0] ^= 1;
    EXPECT(!merkle_inclusion_holds(&leaf, 3, size, &path, &root));
    shelf_close(&s);
    talk_close(&t);
}

TEST(api_audit_verify_says_what_is_wrong)
{
    struct talk t;
    struct shelf s;
    char line[256] = "/_tamis/audit/verify?key=";
    talk_open(&t, 0);
    shelf_open(&s);
    EXPECT_EQ(talk_get(&t, "/events/_doc/000000000000000b"), 200);
    sign_head_of(&t, &s);
    for (int i = 0; i < SIGN_PUBLIC_BYTES; i++)
        snprintf(line + strlen(line), 3, "%02x", s.key[i]);
    EXPECT_EQ(ask(&t, line), 200);
    talk_expect(&t, "{\"whole\":true,\"signatures\":\"checked\"");
    line[strlen(line) - 1] ^= 1;
    EXPECT_EQ(ask(&t, line), 200);
    talk_expect(&t, "\"whole\":false");
    talk_expect(&t, "its signature is not of this key");
    int fd = openat(t.audit_world.dir, "0000000000000000.seg", O_RDWR | O_CLOEXEC);
    EXPECT_EQ(pwrite(fd, "x", 1, 60), 1);
    close(fd);
    EXPECT_EQ(ask(&t, "/_tamis/audit/verify"), 200);
    talk_expect(&t, "\"whole\":false,\"signatures\":\"not checked: no key was given\"");
    talk_expect(&t, "0000000000000000.seg at byte 32: entry 0 was changed");
    shelf_close(&s);
    talk_close(&t);
}
