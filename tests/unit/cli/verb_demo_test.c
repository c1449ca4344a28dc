// SPDX-License-Identifier: Apache-2.0
// `make check` runs the demo itself; here is what it refuses before it starts anything.
#include "unit/cli/run.h"

#include <string.h>

static void expect_misuse(const char *flag, const char *value, const char *words)
{
    struct ran r = RUN("demo", flag, value);
    EXPECT_EQ(r.status, EXIT_STATUS_USAGE);
    EXPECT(r.out[0] == '\0');
    EXPECT(strstr(r.err, words) != NULL);
}

TEST(demo_takes_only_numbers_that_make_sense)
{
    expect_misuse("--customers", "many", "--customers is a number from 1000 to");
    expect_misuse("--customers", "999", "not '999'");
    expect_misuse("--customers", "2400001", "to 2400000");
    expect_misuse("--port", "0", "--port is a number from 1 to 65535");
    expect_misuse("--port", "65536", "not '65536'");
    expect_misuse("--live", "-1", "--live is a number from 0 to 10000");
    expect_misuse("--dir", "here", "--dir is an absolute path");
    expect_misuse("--once", "now", "'now' is one word too many");
}

TEST(demo_takes_no_directory_that_is_too_long)
{
    char name[1024];
    memset(name, 'x', sizeof name - 1);
    name[0] = '/';
    name[sizeof name - 1] = '\0';
    expect_misuse("--dir", name, "--dir is too long");
}
