// SPDX-License-Identifier: Apache-2.0
#include "policy/yaml_tree.h"
#include "test.h"

static bool refused(const char *text, const char *words)
{
    struct arena *a AUTO(arena_freep) = arena_new(4 << 20);
    const struct yaml_tree *root = NULL;
    struct fault why = {0};
    if (yaml_tree_parse(slice_text(text), a, &root, &why) != ERR_INVALID || root)
        return false;
    return strcmp(why.words, words) == 0;
}

TEST(yaml_tree_keeps_order_and_lines)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    const struct yaml_tree *root = NULL;
    EXPECT_EQ(
        yaml_tree_parse(slice_text("a: 1\n# note\nb: {c: [x, 'y z'], d: \"\"}\n"), a, &root, NULL),
        OK);
    EXPECT_EQ(root->kind, YAML_MAP);
    EXPECT_EQ(root->count, 2);
    EXPECT(strcmp(root->first->name, "a") == 0 && strcmp(root->first->text, "1") == 0);
    const struct yaml_tree *b = yaml_tree_get(root, "b");
    EXPECT_EQ(b->line, 3);
    const struct yaml_tree *c = yaml_tree_get(b, "c");
    EXPECT_EQ(c->kind, YAML_LIST);
    EXPECT(strcmp(c->first->next->text, "y z") == 0);
    EXPECT(c->first->name == NULL && c->first->next->next == NULL);
    EXPECT(yaml_tree_get(b, "d")->text[0] == '\0');
    EXPECT(yaml_tree_get(b, "e") == NULL);
}

TEST(yaml_tree_refuses_what_means_something_else)
{
    EXPECT(refused("a: &x 1\n", "policy.yml line 1: anchors are not allowed"));
    EXPECT(refused("a: 1\nb: *x\n", "policy.yml line 2: aliases are not allowed"));
    EXPECT(refused("a: !!str 1\n", "policy.yml line 1: tags are not allowed"));
    EXPECT(refused("a: !x {b: 1}\n", "policy.yml line 1: tags are not allowed"));
    EXPECT(refused("a: 1\nb: 2\na: 3\n", "policy.yml line 3: a is there twice"));
    EXPECT(refused("? [a]\n: 1\n", "policy.yml line 1: a key must be a plain text"));
    EXPECT(refused("a: 1\n---\nb: 1\n", "policy.yml line 2: a second document is not allowed"));
    EXPECT(refused("", "policy.yml line 1: is empty; 'sources: {}' admits nothing"));
    EXPECT(refused("a: \"x\\0y\"\n", "policy.yml line 1: a text holds a NUL"));
}

TEST(yaml_tree_guesses_what_people_did_wrong)
{
    EXPECT(refused("a:\n\tb: 1\n",
                   "policy.yml line 2: found character that cannot start any token; "
                   "a tab? YAML is indented with blanks only"));
    EXPECT(refused("a:\n    b: 1\n   c: 2\n", "policy.yml line 3: did not find expected key; is it "
                                              "indented as its neighbours are?"));
    EXPECT(refused("a: {b: 1\n", "policy.yml line 2: did not find expected ',' or '}'; is a { or [ "
                                 "not closed?"));
    EXPECT(refused("a: \"b\n", "policy.yml line 2: found unexpected end of stream; is a quote not "
                               "closed?"));
}

TEST(yaml_tree_is_bounded)
{
    EXPECT(refused("[[[[[[[[[[]]]]]]]]]]", "policy.yml line 1: nested deeper than 8"));
    char many[4096] = "[";
    for (int i = 0; i < 1025; i++)
        memcpy(many + 1 + 2 * i, "1,", 2);
    EXPECT(refused(many, "policy.yml line 1: more than 1024 entries in one place"));
    static char large[(1 << 20) + 2];
    memset(large, '#', sizeof large - 1);
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    const struct yaml_tree *root = NULL;
    EXPECT_EQ(yaml_tree_parse(slice_text(large), a, &root, NULL), ERR_LIMIT);
}

TEST(yaml_tree_tells_the_line_of_broken_form)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    const struct yaml_tree *root = NULL;
    struct fault why = {0};
    EXPECT_EQ(yaml_tree_parse(slice_text("a: 1\nb: {c: 1\n"), a, &root, &why), ERR_INVALID);
    EXPECT(strncmp(why.words, "policy.yml line 3: ", 19) == 0);
}
