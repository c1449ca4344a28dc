// SPDX-License-Identifier: Apache-2.0
#include "api/compat.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

// To write the file anew: TAMIS_WRITE_COMPAT=1 build/.../unit compat
TEST(compat_document_is_what_the_tables_say)
{
    struct buf want = buf_init(1 << 20);
    api_compat_markdown(&want);
    EXPECT_EQ(buf_end(&want, NULL), OK);
    if (getenv("TAMIS_WRITE_COMPAT")) {
        FILE *to = fopen("docs/compat.md", "w");
        EXPECT(to && fwrite(want.at, 1, want.len, to) == want.len && fclose(to) == 0);
    }
    FILE *file = fopen("docs/compat.md", "r");
    EXPECT(file);
    char *got = malloc(want.len + 1);
    size_t len = fread(got, 1, want.len + 1, file);
    fclose(file);
    bool same = slice_equal(slice_of(got, len), buf_slice(&want));
    free(got);
    buf_done(&want);
    EXPECT(same);
}

TEST(compat_document_knows_what_is_understood)
{
    struct buf text = buf_init(1 << 20);
    api_compat_markdown(&text);
    buf_u8(&text, 0);
    const char *at = (const char *)text.at;
    const char *queries = strstr(at, "## Queries");
    const char *refused = strstr(queries, "Refused");
    const char *term = strstr(queries, "`term`");
    const char *knn = strstr(queries, "`knn`");
    bool right = term && term < refused && knn && knn > refused;
    bool aggs = strstr(at, "## Aggregations\n\nUnderstood: `terms`, `date_histogram`") != NULL;
    buf_done(&text);
    EXPECT(right);
    EXPECT(aggs);
}
