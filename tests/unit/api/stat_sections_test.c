// SPDX-License-Identifier: Apache-2.0
#include "api/stat_sections.h"
#include "test.h"

TEST(stat_sections_have_every_field_known_or_not)
{
    static const struct stat_section section = {"indexing", "total is_throttled? failed"};
    const struct stat_fact known[] = {{"indexing.total", 7}, {"indexing_other.failed", 9}};
    const struct stat_facts facts = {known, 2};
    struct buf out = buf_init(1 << 10);
    struct json_writer w = json_writer_to(&out);
    json_object(&w);
    stat_section_write(&w, &section, &facts);
    json_end(&w);
    EXPECT(slice_is(buf_slice(&out),
                    "{\"indexing\":{\"total\":7,\"is_throttled\":false,\"failed\":0}}"));
    buf_done(&out);
}
