// SPDX-License-Identifier: Apache-2.0
#include "api/bulk_action.h"
#include "test.h"

enum { ARENA_BYTES = 1 << 20 };

static struct arena *scratch(void)
{
    static struct arena *a;
    if (!a)
        a = arena_new(ARENA_BYTES);
    arena_reset(a);
    return a;
}

static struct bulk_action good(const char *line)
{
    struct bulk_action out;
    bool skips;
    struct fault why;
    if (bulk_action_parse(slice_text(line), 1, scratch(), &out, &skips, &why))
        test_fail(__FILE__, __LINE__, "%s", why.words);
    EXPECT(!skips);
    return out;
}

static void expect_bad(const char *line, const char *words)
{
    struct bulk_action out;
    bool skips;
    struct fault why;
    EXPECT_EQ(bulk_action_parse(slice_text(line), 3, scratch(), &out, &skips, &why), ERR_INVALID);
    if (strcmp(why.words, words) != 0)
        test_fail(__FILE__, __LINE__, "%s", why.words);
}

TEST(bulk_action_says_what_is_to_be_done)
{
    struct bulk_action a = good("{\"index\":{\"_index\":\"i\",\"_id\":\"k\"}}");
    EXPECT_EQ(a.op, PUSH_INDEX);
    EXPECT(slice_is(a.index, "i") && slice_is(a.id, "k") && !a.refused);
    EXPECT_EQ(good("{\"create\":{}}").op, PUSH_CREATE);
    EXPECT_EQ(good("{\"update\":{\"_id\":7}}").op, PUSH_UPDATE);
    EXPECT(slice_is(good("{\"delete\":{\"_id\":7}}").id, "7"));
    EXPECT_EQ(good("{\"index\":{\"op_type\":\"create\"}}").op, PUSH_CREATE);
    EXPECT_EQ(good("{\"index\":null}").op, PUSH_INDEX);
}

TEST(bulk_action_passes_over_what_changes_nothing)
{
    EXPECT(!good("{\"index\":{\"_type\":\"_doc\",\"routing\":\"a\",\"retry_on_conflict\":3,"
                 "\"pipeline\":\"_none\",\"_id\":null}}")
                .refused);
}

TEST(bulk_action_refuses_in_its_item_what_it_cannot_do)
{
    EXPECT(strstr(good("{\"index\":{\"pipeline\":\"p\"}}").refused, "[pipeline]") != NULL);
    EXPECT(strstr(good("{\"index\":{\"version_type\":\"external\"}}").refused, "[if_seq_no]") !=
           NULL);
    EXPECT(!good("{\"index\":{\"version_type\":\"internal\"}}").refused);
    EXPECT(strstr(good("{\"index\":{\"_id\":\"\"}}").refused, "must not be empty") != NULL);
}

TEST(bulk_action_passes_over_empty_lines)
{
    struct bulk_action out;
    bool skips = false;
    EXPECT_EQ(bulk_action_parse(slice_text(" \r"), 1, scratch(), &out, &skips, NULL), OK);
    EXPECT(skips);
}

TEST(bulk_action_refuses_what_is_none)
{
    expect_bad("\"x\"", "illegal_argument_exception: Malformed action/metadata line [3], expected "
                        "START_OBJECT but found [VALUE_STRING]");
    expect_bad("{}", "illegal_argument_exception: Malformed action/metadata line [3], expected "
                     "FIELD_NAME but found [END_OBJECT]");
    expect_bad("{\"put\":{}}",
               "illegal_argument_exception: Malformed action/metadata line [3], expected field "
               "[create], [delete], [index] or [update] but found [put]");
    expect_bad("{\"index\":{},\"x\":1}",
               "illegal_argument_exception: Malformed action/metadata line [3], expected "
               "END_OBJECT but found [FIELD_NAME]");
    expect_bad("{\"index\":1}",
               "illegal_argument_exception: Malformed action/metadata line [3], expected "
               "START_OBJECT or END_OBJECT but found [VALUE_NUMBER]");
    expect_bad("{\"index\":{\"id\":\"a\"}}",
               "illegal_argument_exception: Action/metadata line [3] contains an unknown parameter "
               "[id]");
    expect_bad("{\"index\":{\"_id\":[]}}",
               "illegal_argument_exception: Malformed action/metadata line [3], expected a simple "
               "value for field [_id] but found [START_ARRAY]");
}

TEST(bulk_update_has_a_doc)
{
    struct bulk_update u;
    struct fault why;
    EXPECT_EQ(bulk_update_parse(slice_text("{\"doc\":{\"a\":1},\"upsert\":{},\"detect_noop\":true,"
                                           "\"doc_as_upsert\":\"true\"}"),
                                scratch(), &u, NULL),
              OK);
    EXPECT(u.doc && u.doc->count == 1 && u.upsert && u.doc_as_upsert);
    EXPECT_EQ(bulk_update_parse(slice_text("{\"script\":\"x\"}"), scratch(), &u, &why),
              ERR_INVALID);
    EXPECT(strstr(why.words, "there are no scripts") != NULL);
    EXPECT_EQ(bulk_update_parse(slice_text("{\"upsert\":{}}"), scratch(), &u, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "script or doc is missing") != NULL);
    EXPECT_EQ(bulk_update_parse(slice_text("{\"dox\":{}}"), scratch(), &u, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "unknown field [dox]") != NULL);
    EXPECT_EQ(bulk_update_parse(slice_text("[]"), scratch(), &u, NULL), ERR_INVALID);
}

static const char *fault_of(const char *line)
{
    const struct bulk_action a = good(line);
    const char *fault = bulk_condition_fault(&a);
    return fault ? fault : "";
}

TEST(bulk_action_may_have_a_condition_of_two_numbers)
{
    struct bulk_action a = good("{\"index\":{\"_id\":\"k\",\"if_seq_no\":\"7\","
                                "\"if_primary_term\":2,\"require_alias\":true}}");
    EXPECT(a.only_if.is_given && a.needs_alias && !bulk_condition_fault(&a));
    EXPECT_EQ(a.only_if.seq_no, 7);
    EXPECT_EQ(a.only_if.term, 2);
    EXPECT(strstr(fault_of("{\"delete\":{\"_id\":\"k\",\"if_seq_no\":7}}"),
                  "ifSeqNo is set, but primary term is [0]"));
    EXPECT(strstr(fault_of("{\"delete\":{\"_id\":\"k\",\"if_primary_term\":7}}"),
                  "ifSeqNo is unassigned"));
    EXPECT(strstr(fault_of("{\"create\":{\"_id\":\"k\",\"if_seq_no\":7,\"if_primary_term\":1}}"),
                  "create operations do not support compare and set"));
    EXPECT(strstr(fault_of("{\"index\":{\"if_seq_no\":7,\"if_primary_term\":1}}"),
                  "an id must be provided"));
    EXPECT(strstr(fault_of("{\"index\":{\"_id\":\"k\",\"version\":3}}"),
                  "internal versioning can not be used"));
    expect_bad("{\"index\":{\"if_seq_no\":-1}}",
               "illegal_argument_exception: Malformed action/metadata line [3]: [if_seq_no] must "
               "be a whole number and non negative");
}
