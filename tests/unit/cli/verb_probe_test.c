// SPDX-License-Identifier: Apache-2.0
// Probes of real servers are in tests/flow/test_probe.py.
#include "unit/cli/run.h"

static void expect_misuse(const char *target, const char *flag, const char *value, const char *said)
{
    struct ran r = run((const char *const[]){"probe", target, flag, value, NULL});
    EXPECT_EQ(r.status, EXIT_STATUS_USAGE);
    if (!strstr(r.err, said))
        test_fail(__FILE__, __LINE__, "'%s' does not say '%s'", r.err, said);
}

TEST(probe_of_what_is_no_address_is_wrong_use)
{
    expect_misuse("ftp://host", NULL, NULL, "neither http:// nor https://");
    expect_misuse("https://", NULL, NULL, "names no host");
    expect_misuse("https://user:pw@host/", NULL, NULL, "names no host");
    expect_misuse("[::1:9200", NULL, NULL, "names no host");
    expect_misuse("host:0", NULL, NULL, "'0' is no port");
    expect_misuse("host:http", NULL, NULL, "'http' is no port");
    expect_misuse("host:70000", NULL, NULL, "'70000' is no port");
    expect_misuse("host", "--rate", "0", "--rate is a number from 1 to 100");
    expect_misuse("host", "--every", "soon", "--every is a time");
}

TEST(probe_of_nobody_has_a_status_of_its_own)
{
    struct ran r = RUN("probe", "http://127.0.0.1:1");
    EXPECT_EQ(r.status, EXIT_STATUS_UNKNOWN);
    EXPECT(strstr(r.out, "no answer") != NULL);
    r = RUN("probe", "http://[::1]:1/path", "--json");
    EXPECT_EQ(r.status, EXIT_STATUS_UNKNOWN);
    EXPECT(strstr(r.out, "\"verdict\":\"no_answer\"") != NULL);
}
