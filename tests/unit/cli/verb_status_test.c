// SPDX-License-Identifier: Apache-2.0
#include "unit/cli/home.h"
#include "unit/cli/run.h"

static bool says(const struct ran *r, const char *words)
{
    return strstr(r->out, words) != NULL;
}

TEST(status_tells_what_runs_and_how_far_behind_it_is)
{
    struct place p = home_make_with(home_policy_text);
    home_write_status(&p, getpid(), now_ms(), "127.0.0.1:9200", HOME_STREAMING);
    struct ran r = RUN("status", p.path);
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(r.err[0] == '\0');
    EXPECT(says(&r, "tamis answers at https://127.0.0.1:9200, since 3 min; the copy is whole\n"));
    EXPECT(says(&r, "processes: serve 7 (started 2 times)\n"));
    EXPECT(says(&r,
                "searches: 1,200, 1 running with 2.1 MB, 2 given up by who asked, 3 refused for "
                "their memory\n"));
    EXPECT(says(&r, "protection: policy version 7, in force since 2 h, by ann; only this machine "
                    "reaches the listener\n"));
    EXPECT(says(&r, "  policy.yml says something that is not in force"));
    EXPECT(says(&r, "  2 proposals wait for a second administrator"));
    EXPECT(says(&r, "kept answers: 1.5 MB of 4.0 MB; 70 answers and 2,000 partial ones given "
                    "again\n"));
    EXPECT(says(&r, "segments: 1.0 MB in memory of 4.2 MB, 3.1 MB read from disk, 5 made room\n"));
    EXPECT(says(&r, "source fleet: streaming, 0.0 s behind (2.1 kB of its log); following every "
                    "change\n"));
    EXPECT(says(&r, "  table      rows  on disk   a row  in memory   a row  state\n"
                    "  devices  32,134   1.2 MB  37.3 B   800.0 kB  24.9 B  flows\n"));
    place_drop(&p);
}

TEST(status_tells_a_copy_a_refusal_and_a_trouble)
{
    struct place p = home_make_with(home_policy_text);
    home_write_status(&p, getpid(), now_ms(), "127.0.0.1:9200",
                      HOME_REFUSED "," HOME_COPYING "," HOME_WAITING);
    struct ran r = RUN("status", p.path);
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(says(&r, "REFUSED: column nickname: e-mail address, 2 times"));
    EXPECT(says(&r, "source fleet: copying, 50,000 rows of about 150,000, 10,000 a second, about "
                    "10 s to go\n"));
    EXPECT(says(&r, "source fleet: waiting; tries again\n"));
    EXPECT(says(&r, "ago: the publication is not there\n"));
    place_drop(&p);
}

TEST(status_of_a_server_that_is_gone_is_a_failure_and_says_so_first)
{
    struct place p = home_make_with(home_policy_text);
    struct ran r = RUN("status", p.path);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "has never been served; 'tamis serve") != NULL);
    home_write_status(&p, getpid(), now_ms() - 7200000, "127.0.0.1:9200", "");
    r = RUN("status", p.path);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strncmp(r.out, "NOT RUNNING: its last word is 2 h old", 37) == 0);
    EXPECT(!says(&r, "tamis answers"));
    EXPECT(says(&r, "no source: "));
    place_drop(&p);
}

TEST(status_in_json_is_what_the_server_wrote)
{
    struct place p = home_make_with(home_policy_text);
    home_write_status(&p, getpid(), now_ms(), "127.0.0.1:9200", HOME_STREAMING);
    struct ran r = RUN("status", "--json", p.path);
    EXPECT_EQ(r.status, EXIT_STATUS_OK);
    EXPECT(strncmp(r.out, "{\"listen\":\"127.0.0.1:9200\"", 26) == 0);
    EXPECT(r.out[strlen(r.out) - 2] == '}' && r.out[strlen(r.out) - 1] == '\n');
    place_drop(&p);
}
