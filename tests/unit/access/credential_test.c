// SPDX-License-Identifier: Apache-2.0
#include "access/credential.h"
#include "test.h"

#include <stdlib.h>

static enum err parse(const char *text, struct credential *out)
{
    return credential_parse(slice_text(text), out, NULL);
}

TEST(credential_basic_is_taken_apart)
{
    struct credential c;
    EXPECT_EQ(parse("Basic YW5hOmNvcnJlY3QgaG9yc2U6eA==", &c), OK);
    EXPECT_EQ(c.kind, CREDENTIAL_BASIC);
    EXPECT(slice_is(c.name, "ana"));
    EXPECT(slice_is(c.secret, "correct horse:x"));
}

TEST(credential_api_key_is_taken_apart_in_any_case)
{
    struct credential c;
    EXPECT_EQ(parse("aPiKeY  aWQxOnNlY3JldA==", &c), OK);
    EXPECT_EQ(c.kind, CREDENTIAL_API_KEY);
    EXPECT(slice_is(c.name, "id1"));
    EXPECT(slice_is(c.secret, "secret"));
}

TEST(credential_that_is_none_is_denied)
{
    static const char *const bad[] = {"",
                                      "Basic",
                                      "Basic ",
                                      "Basic !!!!",
                                      "Basic YW5h",         // no colon
                                      "Basic OnNlY3JldA==", // no name
                                      "Bearer abc",
                                      "BasicYW5hOng="};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct credential c;
        EXPECT_EQ(parse(bad[i], &c), ERR_DENIED);
    }
}

TEST(credential_too_long_is_denied)
{
    char text[4096] = "Basic ";
    memset(text + 6, 'A', 4000);
    struct credential c;
    EXPECT_EQ(parse(text, &c), ERR_DENIED);
    memset(text + 6, 0, sizeof text - 6);
    memset(text + 6, 'Q', (size_t)CREDENTIAL_BYTES_MAX * 4 / 3 + 1);
    EXPECT_EQ(parse(text, &c), ERR_DENIED);
}

TEST(credential_every_prefix_and_change_is_harmless)
{
    static const char whole[] = "ApiKey aWQxOnNlY3JldA==";
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        for (int byte = 0; byte < 256; byte += 5) {
            char *exact = malloc(len + 1);
            memcpy(exact, whole, len + 1);
            exact[len] = (char)byte;
            struct credential c;
            if (credential_parse(slice_of(exact, len + 1), &c, NULL) == OK)
                EXPECT(c.name.len > 0);
            free(exact);
        }
    }
}

TEST(credential_is_gone_after_wiping)
{
    struct credential c;
    EXPECT_EQ(parse("Basic YW5hOng=", &c), OK);
    credential_wipe(&c);
    EXPECT_EQ(c.bytes[0], 0);
    EXPECT_EQ(c.secret.len, 0);
}
