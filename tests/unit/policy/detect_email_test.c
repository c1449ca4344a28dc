// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/detecting.h"

static bool is_email(const char *text)
{
    return strcmp(detected(text), "e-mail address") == 0;
}

TEST(detect_email_finds_addresses_anywhere)
{
    EXPECT(is_email("jane.doe+x@mail.example.org"));
    EXPECT(is_email("error: no user J@EXAMPLE.COM here"));
    EXPECT(is_email("<o'neil@example.co.uk>"));
    EXPECT(is_email("?to=jane%40example.org"));
    EXPECT(is_email("j\xc3\xb6rg@example.de"));
}

TEST(detect_email_leaves_other_ats)
{
    EXPECT(!is_email("@example.org"));
    EXPECT(!is_email("a @example.org"));
    EXPECT(!is_email("user@host"));
    EXPECT(!is_email("package@10.2.1"));
    EXPECT(!is_email("a@b.c"));
}
