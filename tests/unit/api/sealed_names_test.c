// SPDX-License-Identifier: Apache-2.0
#include "access/access.h"
#include "api/field_list.h"
#include "api/sealed_names.h"
#include "unit/policy/sealed.h"

#include <stdio.h>

struct asked {
    struct arena *arena;
    const struct policy *policy;
    const struct permit *permit;
};

static struct asked ask_as(const char *grants)
{
    struct asked a = {.arena = arena_new(16 << 20)};
    struct principal who = {.name = "ada", .roles = grants ? 0 : 1u << ROLE_ANALYST};
    snprintf(who.grants, sizeof who.grants, "%s", grants ? grants : "");
    a.policy = sealed_policy(a.arena);
    EXPECT_EQ(permit_make(&who, ACTION_READ, slice_text(""), a.arena, &a.permit, NULL), OK);
    return a;
}

static enum err check(const struct asked *a, uint32_t table, const char *body, struct fault *why)
{
    const struct json *tree = NULL;
    struct request r;
    EXPECT_EQ(json_parse(slice_text(body), a->arena, &tree, NULL), OK);
    EXPECT_EQ(request_parse(tree, a->arena, &r, NULL), OK);
    return sealed_names_check(a->policy->schema, a->permit, table, &r, a->arena, why);
}

TEST(sealed_names_are_refused_wherever_something_is_to_be_shown)
{
    static const char *const bodies[] = {
        "{\"_source\":\"email\"}", "{\"_source\":{\"includes\":[\"city\",\"email\"]}}",
        "{\"fields\":[\"email\"]}", "{\"docvalue_fields\":[\"email\"]}"};
    struct asked a = ask_as(NULL);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct fault why = {0};
        EXPECT_EQ(check(&a, SEALED_CUSTOMERS, bodies[i], &why), ERR_INVALID);
        EXPECT(strstr(why.words, "illegal_argument_exception: Field [email] is sealed: ") != NULL);
    }
    struct fault why = {0};
    EXPECT_EQ(check(&a, SEALED_LOG, "{\"fields\":[\"customer.phone\"]}", &why), ERR_INVALID);
    EXPECT(strstr(why.words, "Field [customer.phone] is sealed") != NULL);
    arena_free(a.arena);
}

TEST(sealed_names_leave_patterns_and_other_names_alone)
{
    static const char *const bodies[] = {"{}", "{\"_source\":\"*\"}", "{\"_source\":[\"city\"]}",
                                         "{\"_source\":{\"excludes\":[\"email\"]}}",
                                         "{\"fields\":[\"e*\",\"nothing\"]}"};
    struct asked a = ask_as(NULL);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        EXPECT_EQ(check(&a, SEALED_CUSTOMERS, bodies[i], NULL), OK);
    arena_free(a.arena);
}

TEST(sealed_names_that_a_role_may_not_see_are_as_not_there)
{
    struct asked a =
        ask_as("[{\"indices\":[{\"names\":[\"*\"],\"privileges\":[\"read\"],\"field_security\":"
               "{\"grant\":[\"*\"],\"except\":[\"email\"]}}]}]");
    EXPECT_EQ(check(&a, SEALED_CUSTOMERS, "{\"_source\":\"email\"}", NULL), OK);
    EXPECT_EQ(check(&a, SEALED_CUSTOMERS, "{\"_source\":\"phone\"}", NULL), ERR_INVALID);
    arena_free(a.arena);
}

TEST(sealed_names_are_in_no_list_of_fields)
{
    struct asked a = ask_as(NULL);
    const struct schema *s = a.policy->schema;
    for (uint32_t t = 0; t < s->table_count; t++) {
        struct field_list l = field_list_make(s, &s->tables[t], a.permit, a.arena);
        EXPECT(l.count > 0);
        for (uint32_t i = 0; i < l.count; i++)
            EXPECT(l.at[i].type != FIELD_SEALED);
    }
    arena_free(a.arena);
}
