// SPDX-License-Identifier: Apache-2.0
#include "access/access_private.h"
#include "test.h"

#include <stdio.h>

// Of one entry each; NULL for nothing.
struct one {
    const char *names, *privileges, *fields, *query;
};

static void print(const struct one *o, char out[512])
{
    snprintf(out, 512, "{\"indices\":[{\"names\":[%s],\"privileges\":[%s]%s%s%s%s}]}", o->names,
             o->privileges, o->fields ? ",\"field_security\":" : "", o->fields ? o->fields : "",
             o->query ? ",\"query\":" : "", o->query ? o->query : "");
}

static bool widens(const struct one *before, const struct one *after)
{
    char first[512];
    char second[512];
    print(before, first);
    print(after, second);
    return role_widens(slice_text(first), slice_text(second));
}

TEST(widen_is_told_for_names_privileges_fields_and_rows)
{
    static const struct one base = {"\"log-*\"", "\"read\"", NULL, NULL};
    static const struct one some = {"\"log-*\"", "\"read\"",
                                    "{\"grant\":[\"a\",\"b\"],\"except\":[\"c\"]}",
                                    "{\"term\":{\"x\":1}}"};

    static const struct {
        const struct one *before;
        struct one after;
        bool widens;
    } cases[] = {
        {&base, {"\"log-*\"", "\"read\"", NULL, NULL}, false},
        {&base, {"\"log-a\"", "\"read\"", NULL, NULL}, false},
        {&base, {"\"log-a*\"", "\"read\"", NULL, NULL}, true}, // a doubt
        {&base, {"\"*\"", "\"read\"", NULL, NULL}, true},
        {&base, {"\"log-*\"", "\"aggregate\"", NULL, NULL}, false},
        {&base, {"\"log-*\"", "\"read\",\"write\"", NULL, NULL}, true},
        {&base, {"\"log-*\"", "\"all\"", NULL, NULL}, true},
        {&base, {"\"log-*\"", "\"read\"", "{\"grant\":[\"a\"]}", NULL}, false},
        {&base, {"\"log-*\"", "\"read\"", NULL, "{\"term\":{\"x\":1}}"}, false},
        {&some,
         {"\"log-*\"", "\"read\"", "{\"grant\":[\"a\"],\"except\":[\"c\",\"d\"]}",
          "{\"term\":{\"x\":1}}"},
         false},
        {&some,
         {"\"log-*\"", "\"read\"", "{\"grant\":[\"a\",\"b\"]}", "{\"term\":{\"x\":1}}"},
         true},
        {&some,
         {"\"log-*\"", "\"read\"", "{\"grant\":[\"*\"],\"except\":[\"c\"]}",
          "{\"term\":{\"x\":1}}"},
         true},
        {&some, {"\"log-*\"", "\"read\"", NULL, "{\"term\":{\"x\":1}}"}, true},
        {&some, {"\"log-*\"", "\"read\"", "{\"grant\":[\"a\"],\"except\":[\"c\"]}", NULL}, true},
        {&some,
         {"\"log-*\"", "\"read\"", "{\"grant\":[\"a\"],\"except\":[\"c\"]}",
          "{\"term\":{\"x\":2}}"},
         true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        EXPECT_EQ(widens(cases[i].before, &cases[i].after), cases[i].widens);
}

TEST(widen_is_told_when_groups_come_to_the_fore)
{
    static const char both[] = "{\"indices\":[{\"names\":[\"a\"],\"privileges\":[\"read\"],"
                               "\"query\":{\"term\":{\"x\":1}}},"
                               "{\"names\":[\"a\"],\"privileges\":[\"aggregate\"]}]}";
    static const char groups[] =
        "{\"indices\":[{\"names\":[\"a\"],\"privileges\":[\"aggregate\"]}]}";
    EXPECT(role_widens(slice_text(both), slice_text(groups)));
    EXPECT(!role_widens(slice_text(both), slice_text(both)));
    EXPECT(role_widens(slice_text("{}"), slice_text("{\"cluster\":[\"all\"]}")));
    EXPECT(!role_widens(slice_text("{\"cluster\":[\"all\"]}"), slice_text("{}")));
    EXPECT(role_widens(slice_text("{}"), slice_text("not json")));
}
