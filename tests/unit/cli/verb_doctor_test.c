// SPDX-License-Identifier: Apache-2.0
// A server that answers is visited in tests/flow/test_cli.py.
#include "unit/cli/home.h"
#include "unit/cli/run.h"

static bool says(const struct ran *r, const char *words)
{
    return strstr(r->out, words) != NULL;
}

TEST(doctor_looks_only_at_an_installation)
{
    struct ran r = RUN("doctor", "/no/such/home");
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "/no/such/home is not there") != NULL);
    EXPECT(r.out[0] == '\0');
    EXPECT_EQ(RUN("doctor").status, EXIT_STATUS_USAGE);
}

TEST(doctor_finds_what_others_may_read)
{
    struct place p = home_make_with(home_policy_text);
    EXPECT_EQ(mkdir(place_name(&p, "keys"), 0700), 0);
    place_write(&p, "keys/master.key", "x"); // 0644
    struct ran r = RUN("doctor", p.path);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(says(&r, "keys/master.key may be read by others (mode 644): chmod go= "));
    EXPECT_EQ(chmod(place_name(&p, "keys/master.key"), 0600), 0);
    r = RUN("doctor", p.path);
    EXPECT(says(&r, "fine  keys, data and catalogue are closed"));
    EXPECT(says(&r, "WRONG ")); // there is no certificate
    EXPECT(says(&r, "tls/server.crt is no certificate that can be read"));
    place_drop(&p);
}

TEST(doctor_misses_what_no_server_starts_without)
{
    struct place p = home_make_with(home_policy_text);
    struct ran r = RUN("doctor", p.path);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(says(&r, "/keys/master.key is missing"));
    EXPECT(says(&r, "/access/catalog.db is missing"));
    EXPECT(!says(&r, "/run is missing"));
    place_drop(&p);
}

TEST(doctor_reads_the_policy)
{
    struct place p = home_make_with(home_policy_text);
    struct ran r = RUN("doctor", p.path);
    EXPECT(says(&r, "fine  the policy is sound: 1 tables, 2 columns enter"));
    EXPECT(says(&r, "LOOK  the policy keeps devices.nickname as it is; does it name people?"));
    place_write(&p, "policy.yml", "sources: {}\nsauces: {}\n");
    r = RUN("doctor", p.path);
    EXPECT(says(&r, "policy.yml line 2: sauces"));
    place_drop(&p);
}

TEST(doctor_finds_a_stopped_server_and_a_refused_table)
{
    struct place p = home_make_with(home_policy_text);
    struct ran r = RUN("doctor", p.path);
    EXPECT(says(&r, "LOOK "));
    EXPECT(says(&r, "has never been served"));
    home_write_status(&p, 0, now_ms(), "127.0.0.1:1", HOME_STREAMING);
    r = RUN("doctor", p.path);
    EXPECT(says(&r, "WRONG the server does not run"));
    EXPECT(says(&r, "'tamis serve "));
    // Port 1 is nobody's, so the question from outside fails at once.
    home_write_status(&p, getpid(), now_ms(), "127.0.0.1:1", HOME_REFUSED);
    r = RUN("doctor", p.path);
    EXPECT(says(&r, "WRONG source fleet, table devices is refused: column nickname: e-mail"));
    EXPECT(says(&r, "source fleet is 90 s behind"));
    EXPECT(says(&r, "WRONG no answer from https://127.0.0.1:1 "));
    place_drop(&p);
}

TEST(doctor_asks_nobody_beyond_this_machine)
{
    struct place p = home_make_with(home_policy_text);
    static const char *const beyond[] = {"203.0.113.9:9200",       "[2001:db8::1]:9200",
                                         "127.0.0.1@example:9200", "127.evil.example:9200",
                                         "127.0.0.1:9200/x@y",     "example"};
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
        home_write_status(&p, getpid(), now_ms(), beyond[i], HOME_STREAMING);
        struct ran r = RUN("doctor", p.path);
        EXPECT(says(&r, "it was not asked from outside"));
        EXPECT(!says(&r, "no answer from"));
    }
    home_write_status(&p, getpid(), now_ms(), "0.0.0.0:1", HOME_STREAMING);
    struct ran r = RUN("doctor", p.path);
    EXPECT(says(&r, "it listens beyond this machine: 0.0.0.0:1"));
    EXPECT(says(&r, "no answer from https://127.0.0.1:1 "));
    place_drop(&p);
}
