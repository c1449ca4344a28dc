// SPDX-License-Identifier: Apache-2.0
#include "audit/entry_json.h"
#include "test.h"

static bool is_printed(const struct audit_entry *e, bool with_members, const char *want)
{
    struct buf out AUTO(buf_donep) = buf_init(1 << 16);
    struct json_writer w = json_writer_to(&out);
    audit_entry_json(e, with_members, &w);
    return slice_is(buf_slice(&out), want);
}

TEST(audit_entry_is_told_without_what_is_empty)
{
    const struct audit_entry e = {
        .number = 3, .time_ms = 1575417600000, .kind = AUDIT_LOGIN, .status = 401};
    EXPECT(is_printed(&e, false,
                      "{\"entry\":3,\"time\":\"2019-12-04T00:00:00.000Z\",\"kind\":\"login\","
                      "\"status\":401}"));
}

TEST(audit_entry_tells_the_members_of_its_sets_when_asked)
{
    struct row_key rows[] = {{0, 5}};
    struct subject people[] = {{{0}}};
    const struct slice indices[] = {slice_text("events")};
    const struct audit_field fields[] = {{0, AUDIT_FIELD_SHOWN, slice_text("outcome")}};
    const struct audit_set sets[] = {{0, slice_text("device"), rows, 1, people, 1}};
    const struct audit_entry e = {.kind = AUDIT_ANSWER,
                                  .indices = indices,
                                  .index_count = 1,
                                  .fields = fields,
                                  .field_count = 1,
                                  .sets = sets,
                                  .set_count = 1};
    EXPECT(is_printed(&e, true,
                      "{\"entry\":0,\"time\":\"1970-01-01T00:00:00.000Z\",\"kind\":\"answer\","
                      "\"indices\":[\"events\"],\"shown\":[\"events.outcome\"],\"sets\":[{"
                      "\"index\":\"events\",\"subject\":\"device\",\"row_count\":1,"
                      "\"subject_count\":1,\"rows\":[\"0000000000000005\"],\"subjects\":["
                      "\"AAAAAAAAAAAAAAAAAAAAAA\"]}]}"));
    EXPECT(is_printed(&e, false,
                      "{\"entry\":0,\"time\":\"1970-01-01T00:00:00.000Z\",\"kind\":\"answer\","
                      "\"indices\":[\"events\"],\"shown\":[\"events.outcome\"],\"sets\":[{"
                      "\"index\":\"events\",\"subject\":\"device\",\"row_count\":1,"
                      "\"subject_count\":1}]}"));
}
