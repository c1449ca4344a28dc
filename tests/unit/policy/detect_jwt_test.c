// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/detecting.h"

static bool is_token(const char *text)
{
    return strcmp(detected(text), "JSON web token") == 0;
}

TEST(detect_jwt_finds_tokens)
{
    // {"alg":"HS256","typ":"JWT"}
    EXPECT(is_token("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.c2ln"));
    EXPECT(is_token("Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.c2ln;"));
    // {"alg":"none"} has no signature
    EXPECT(is_token("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."));
    EXPECT(is_token("x_eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."));
    // "{\n"
    EXPECT(is_token("ewoiYWxnIjoibm9uZSJ9.eyJzdWIiOiIxIn0."));
}

TEST(detect_jwt_asks_for_a_header_with_alg)
{
    // {"typ":"JWT"}
    EXPECT(!is_token("eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiIxIn0.c2ln"));
    EXPECT(!is_token("eyelids-of-a-newt.version.one"));
    EXPECT(!is_token("eyJhbGciOiJub25l.eyJzdWIiOiIxIn0.c2ln")); // cut: no JSON
    EXPECT(!is_token("ey"));
}
