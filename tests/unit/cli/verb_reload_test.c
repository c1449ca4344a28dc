// SPDX-License-Identifier: Apache-2.0
// One that works is in tests/flow/test_certificates.py.
#include "unit/cli/home.h"
#include "unit/cli/run.h"

TEST(reload_without_a_running_server_says_so)
{
    struct place p = home_make_with(home_policy_text);
    struct ran r = RUN("reload", p.path);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "has never been served") != NULL);
    home_write_status(&p, getpid(), now_ms() - 7200000, "127.0.0.1:9200", "");
    r = RUN("reload", p.path);
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "no server of") != NULL);
    place_drop(&p);
}

// Its pid is serve's word: no other process may be signalled for it.
TEST(reload_signals_nobody_who_is_not_at_home)
{
    struct place p = home_make_with(home_policy_text);
    home_write_status(&p, getpid(), now_ms(), "127.0.0.1:9200", "");
    struct ran r = RUN("reload", p.path); // SIGHUP would have ended this test
    EXPECT_EQ(r.status, EXIT_STATUS_FAILED);
    EXPECT(strstr(r.err, "is not the server of") != NULL);
    place_drop(&p);
}
