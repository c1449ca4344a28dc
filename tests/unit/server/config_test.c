// SPDX-License-Identifier: Apache-2.0
#include "server/config.h"
#include "test.h"

#include <stdlib.h>

static enum err parse(const char *text, struct config *out, struct fault *why)
{
    return config_parse(slice_text(text), out, why);
}

static void expect_refused(const char *text, const char *words)
{
    struct config c;
    struct fault why = {0};
    EXPECT_EQ(parse(text, &c, &why), ERR_INVALID);
    if (!strstr(why.words, words))
        test_fail(__FILE__, __LINE__, "'%s' does not say '%s'", why.words, words);
}

TEST(config_of_nothing_has_every_default)
{
    struct config c;
    EXPECT_EQ(parse("# only a comment\n", &c, NULL), OK);
    char listen[ENDPOINT_TEXT_BYTES];
    endpoint_print(&c.listen, listen);
    EXPECT(strcmp(listen, "127.0.0.1:9200") == 0);
    EXPECT(strcmp(c.cluster_name, "tamis") == 0);
    EXPECT(strcmp(c.users[PROCESS_SERVE], "61843") == 0);
    EXPECT_EQ(c.idle_seconds, 60);
    EXPECT_EQ(config_parse((struct slice){0}, &c, NULL), OK);
    EXPECT_EQ(c.idle_seconds, 60);
}

TEST(config_takes_every_key)
{
    struct config c;
    struct fault why = {0};
    enum err e = parse("listen: '[::1]:9300'\n"
                       "cluster_name: fleet\n"
                       "node_name: n1\n"
                       "cluster_uuid: abcdefghijklmnopqrstuv\n"
                       "connections: 100\n"
                       "connections_per_address: 10\n"
                       "idle_seconds: 5\n"
                       "request_seconds: 7\n"
                       "seal_rows: 4096\n"
                       "log_bytes: 8589934592\n"
                       "segments: {memory_bytes: 33554432}\n"
                       "search: {threads: 3, memory_bytes: 20971520, memory_bytes_all: 4294967296, "
                       "max_buckets: 10}\n"
                       "users: {keeper: 1, mirror: two, serve: 3}\n",
                       &c, &why);
    EXPECT(strcmp(why.words, "") == 0);
    EXPECT_EQ(e, OK);
    char listen[ENDPOINT_TEXT_BYTES];
    endpoint_print(&c.listen, listen);
    EXPECT(strcmp(listen, "[::1]:9300") == 0);
    EXPECT(strcmp(c.cluster_uuid, "abcdefghijklmnopqrstuv") == 0);
    EXPECT_EQ(c.segments_memory_bytes, 33554432);
    EXPECT_EQ(c.search_threads, 3);
    EXPECT_EQ(c.search_memory_bytes, 20971520);
    EXPECT_EQ(c.search_memory_bytes_all, 4294967296);
    EXPECT_EQ(c.search_buckets_max, 10);
    EXPECT_EQ(c.log_bytes, 8589934592);
    EXPECT(strcmp(c.users[PROCESS_MIRROR], "two") == 0);
}

TEST(config_refuses_what_it_does_not_know_with_its_line)
{
    expect_refused("seal_rows: 4096\nseal_row: 3\n", "line 2: there is no key seal_row");
    expect_refused("threads: 3\n", "line 1: there is no key threads");
    expect_refused("search:\n  threads: 3\n  keeper: 1\n", "line 3: there is no key keeper");
    expect_refused("users: {launcher: 1}\n", "line 1: there is no key launcher");
    expect_refused("keeper: 1\n", "no key keeper");
    expect_refused("search:\n  threads: 3\n  threads: 4\n",
                   "line 3: a key is there twice: threads");
    expect_refused("users: {serve: 1}\nusers: {serve: 1}\n", "line 2: a key is there twice: users");
    expect_refused("search: {}\nusers: {}\nsearch: {}\n", "line 3: a key is there twice: search");
}

TEST(config_refuses_values_out_of_bounds)
{
    expect_refused("search: {threads: 0}\n", "line 1: threads is a number from 1 to 64");
    expect_refused("search: {threads: many}\n", "threads is a number");
    expect_refused("search: {threads: [1]}\n", "plain value is missing for threads");
    expect_refused("connections: 8193\n", "connections is a number from 8 to 8192");
    expect_refused("search: {max_buckets: 0}\n", "max_buckets is a number from 1 to 16777216");
    expect_refused("search: {memory_bytes: 1000}\n",
                   "line 1: memory_bytes is a number from 16777216 to 1099511627776");
    expect_refused("search: 5\n", "a map is missing for search");
    expect_refused("listen: 9200\n", "ADDRESS:PORT");
    expect_refused("cluster_uuid: short\n", "22");
    expect_refused("users: 5\n", "a map is missing for users");
    expect_refused("cluster_name: \"a\\0b\"\n", "plain value");
}

TEST(config_refuses_what_makes_yaml_mean_something_else)
{
    expect_refused("a\n", "one map");
    expect_refused("- a\n", "one map");
    expect_refused("--- {}\n--- {}\n", "one map");
    expect_refused("cluster_name: &x tamis\n", "plain value");
    expect_refused("cluster_name: !!str tamis\n", "plain value");
    expect_refused("? {a: b}\n: c\n", "plain word");
    expect_refused("idle_seconds: 3\nusers: {\n", "tamis.yml line");
}

TEST(config_cut_short_is_never_read_past_its_end)
{
    const char *whole =
        "listen: 127.0.0.1:9200\nsearch: {threads: 3}\nusers: {keeper: 1, serve: x}\n";
    for (size_t len = 0; len <= strlen(whole); len++) {
        char *exact = malloc(len + 1);
        memcpy(exact, whole, len);
        struct config c;
        enum err e = config_parse(slice_of(exact, len), &c, NULL);
        EXPECT(e == OK || e == ERR_INVALID);
        for (size_t i = 0; i < len; i++) {
            exact[i] ^= 0x15;
            e = config_parse(slice_of(exact, len), &c, NULL);
            EXPECT(e == OK || e == ERR_INVALID);
            exact[i] ^= 0x15;
        }
        free(exact);
    }
}
