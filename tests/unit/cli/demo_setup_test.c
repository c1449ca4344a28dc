// SPDX-License-Identifier: Apache-2.0
// The whole of it, with a PostgreSQL, is run by `tamis demo --once`; here is what it does
// when a part is missing.
#include "cli/demo.h"
#include "unit/server/place.h"

#include <signal.h>
#include <string.h>

TEST(demo_stops_what_was_never_started)
{
    struct demo d = {.marker_fd = -1};
    demo_stop(&d);
    EXPECT_EQ(d.serve, 0);
    EXPECT(d.db == NULL);
    demo_stop(&d); // once more
}

TEST(demo_sees_a_signal_that_waits)
{
    sigset_t ends;
    sigset_t old;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, &old);
    EXPECT(!demo_is_ended());
    raise(SIGTERM);
    EXPECT(demo_is_ended());
    struct demo d = {.marker_fd = -1};
    struct fault why = {0};
    snprintf(d.home, sizeof d.home, "/no/such/home");
    EXPECT_EQ(demo_wait_for_copy(&d, &why), ERR_TIMEOUT); // and does not wait
    EXPECT(strstr(why.words, "ended by a signal") != NULL);
    int signal = 0;
    EXPECT_EQ(sigwait(&ends, &signal), 0);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

TEST(demo_tells_what_postgres_says)
{
    struct demo d = {.marker_fd = -1};
    struct fault why = {0};
    PGresult *r = NULL;
    EXPECT_EQ(demo_sql(&d, "SELECT 1", &r, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "PostgreSQL says: ") != NULL);
    EXPECT(r == NULL);
}

TEST(demo_without_postgres_says_what_could_not_be_started)
{
    struct place p = place_make();
    struct demo d = {.marker_fd = -1};
    struct fault why = {0};
    snprintf(d.directory, sizeof d.directory, "%s", p.path);
    snprintf(d.postgres_bin, sizeof d.postgres_bin, "%s/no/bin", p.path);
    snprintf(d.log, sizeof d.log, "%s/demo.log", p.path);
    EXPECT(demo_start_postgres(&d, &why) != OK);
    EXPECT(!d.postgres_runs);
    EXPECT(why.words[0] != '\0');
    place_drop(&p);
}
