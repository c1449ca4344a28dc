// SPDX-License-Identifier: Apache-2.0
#include "unit/sql/sql.h"

TEST(function_logic_has_three_truths)
{
    sql_expect_value("NULL AND FALSE", "false");
    sql_expect_value("NULL AND TRUE", "NULL");
    sql_expect_value("NULL OR TRUE", "true");
    sql_expect_value("NULL OR FALSE", "NULL");
    sql_expect_value("NOT NULL", "NULL");
    sql_expect_value("1 = NULL", "NULL");
    sql_expect_value("NULL <=> NULL", "true");
    sql_expect_value("1 <=> NULL", "false");
    sql_expect_value("NULL IS NULL", "true");
    sql_expect_value("1 IS NOT NULL", "true");
    sql_expect_value("2 IN (1, 2, NULL)", "true");
    sql_expect_value("3 IN (1, 2, NULL)", "NULL");
    sql_expect_value("3 NOT IN (1, 2)", "true");
    sql_expect_value("(1 = 1) IS TRUE", "true");
    sql_expect_value("(1 = NULL) IS NOT TRUE", "true");
}

TEST(function_logic_compares)
{
    sql_expect_value("1 < 1.5", "true");
    sql_expect_value("'a' >= 'b'", "false");
    sql_expect_value("2 BETWEEN 1 AND 3", "true");
    sql_expect_value("2 NOT BETWEEN 1 AND 3", "false");
    sql_expect_value("NOW() > '2021-11-30'", "true");
    sql_expect_value("1 != 2", "true");
}

TEST(function_logic_chooses)
{
    sql_expect_value("CASE WHEN 1 > 2 THEN 'a' WHEN 2 > 1 THEN 'b' ELSE 'c' END", "b");
    sql_expect_value("CASE 3 WHEN 1 THEN 'a' END", "NULL");
    sql_expect_value("CASE WHEN NULL THEN 1 ELSE 2.5 END", "2.5");
    sql_expect_value("IIF(1 > 2, 3, 4)", "4");
    sql_expect_value("COALESCE(NULL, NULL, 'x')", "x");
    sql_expect_value("NULLIF(1, 1)", "NULL");
    sql_expect_value("NULLIF(1, 2)", "1");
    sql_expect_value("GREATEST(1, NULL, 3)", "3");
    sql_expect_value("LEAST('b', 'a')", "a");
}

TEST(function_logic_like)
{
    sql_expect_value("'h%llo' LIKE 'h!%l%' ESCAPE '!'", "true");
    sql_expect_value("'hello' LIKE 'h!%l%' ESCAPE '!'", "false");
    sql_expect_value("'hello' LIKE 'h_l%o'", "true");
    sql_expect_value("'' LIKE '%'", "true");
    sql_expect_value("'x' NOT LIKE '_%_'", "true");
}
