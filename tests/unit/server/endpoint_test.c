// SPDX-License-Identifier: Apache-2.0
#include "server/endpoint.h"
#include "test.h"

TEST(endpoint_prints_what_it_parsed)
{
    static const char *const same[] = {"127.0.0.1:9200", "0.0.0.0:0", "[::1]:65535",
                                       "[fe80::1:2]:80"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        struct endpoint e;
        char text[ENDPOINT_TEXT_BYTES];
        EXPECT_EQ(endpoint_parse(slice_text(same[i]), &e, NULL), OK);
        endpoint_print(&e, text);
        EXPECT(strcmp(text, same[i]) == 0);
    }
    struct endpoint e;
    char text[ENDPOINT_TEXT_BYTES];
    EXPECT_EQ(endpoint_parse(slice_text("localhost:1"), &e, NULL), OK);
    endpoint_print_address(&e, text);
    EXPECT(strcmp(text, "127.0.0.1") == 0);
}

TEST(endpoint_refuses_what_is_no_address_and_port)
{
    static const char *const wrong[] = {
        "",         ":9200",         "127.0.0.1",    "9200",      "127.0.0.1:", "127.0.0.1:65536",
        "::1:9200", "example.com:1", "127.0.0.1:-1", "[::1]9200", "[]:1",       "127.0.0.1:+1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct endpoint e;
        EXPECT_EQ(endpoint_parse(slice_text(wrong[i]), &e, NULL), ERR_INVALID);
    }
    struct endpoint e;
    EXPECT_EQ(endpoint_parse(slice_of("127.0.0.1\0x:1", 13), &e, NULL), ERR_INVALID);
}
