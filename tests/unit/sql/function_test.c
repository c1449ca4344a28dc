// SPDX-License-Identifier: Apache-2.0
#include "sql/function.h"
#include "unit/sql/sql.h"

TEST(function_is_found_in_any_case_and_listed_once)
{
    EXPECT(function_find(slice_text("abs")) == function_of("ABS"));
    EXPECT(function_find(slice_text("absolutely")) == NULL);
    const struct function *f = NULL;
    for (size_t i = 0; (f = function_at(i)); i++)
        EXPECT(function_of(f->name) == f);
}

TEST(function_that_is_not_there_is_refused_with_one_that_is_like_it)
{
    sql_expect_refused("SELECT UPPRE('a')", "verification_exception: Found 1 problem\nline 1:8: "
                                            "Unknown function [UPPRE], did you mean [UPPER]?");
    sql_expect_refused("SELECT QWERTZUIOP(1)", "verification_exception: Found 1 problem\nline 1:8: "
                                               "Unknown function [QWERTZUIOP]");
    sql_expect_refused("SELECT ABS()", "parsing_exception: line 1:8: error building [ABS]: expects "
                                       "exactly 1 argument");
    sql_expect_refused("SELECT ROUND(1, 2, 3)", "parsing_exception: line 1:8: error building "
                                                "[ROUND]: expects from 1 to 2 arguments");
}

TEST(function_names_apart_by_letters)
{
    EXPECT_EQ(letters_apart(slice_text("abc"), slice_text("ABC"), 3), 0);
    EXPECT_EQ(letters_apart(slice_text("abc"), slice_text("axc"), 3), 1);
    EXPECT_EQ(letters_apart(slice_text("abc"), slice_text("bc"), 3), 1);
    EXPECT_EQ(letters_apart(slice_text("abc"), slice_text("xyzuvw"), 3), 4);
    EXPECT_EQ(letters_apart(slice_text(""), slice_text("ab"), 3), 2);
}
