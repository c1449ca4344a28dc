// SPDX-License-Identifier: Apache-2.0
#include "sql/function.h"

// What is said of many rows: the engine's aggregations, so nothing here is worked out.  MATCH and
// QUERY stand beside them as what only the engine can say of one row.

#define AGGREGATE(name_, args_, takes_, gives_, op_)                                           \
    {                                                                                          \
        .name = (name_), .kind = FUNCTION_AGGREGATE, .args_min = (args_), .args_max = (args_), \
        .takes = (takes_), .gives = (gives_), .op = (op_)                                      \
    }

static const struct function list[] = {
    AGGREGATE("COUNT", 1, TAKES_ANY, GIVES_LONG, OP_COUNT),
    AGGREGATE("SUM", 1, TAKES_NUMBERS, GIVES_NUMBER, OP_SUM),
    AGGREGATE("AVG", 1, TAKES_NUMBERS, GIVES_DOUBLE, OP_AVERAGE),
    AGGREGATE("MIN", 1, TAKES_ANY, GIVES_FIRST, OP_MIN),
    AGGREGATE("MAX", 1, TAKES_ANY, GIVES_FIRST, OP_MAX),
    AGGREGATE("PERCENTILE", 2, TAKES_NUMBERS, GIVES_DOUBLE, OP_PERCENTILE),
    AGGREGATE("MEDIAN", 1, TAKES_NUMBERS, GIVES_DOUBLE, OP_MEDIAN),
    AGGREGATE("STDDEV_POP", 1, TAKES_NUMBERS, GIVES_DOUBLE, OP_DEVIATION),
    AGGREGATE("STDDEV_SAMP", 1, TAKES_NUMBERS, GIVES_DOUBLE, OP_DEVIATION_SAMPLE),
    AGGREGATE("STDDEV", 1, TAKES_NUMBERS, GIVES_DOUBLE, OP_DEVIATION_SAMPLE),
    AGGREGATE("VAR_POP", 1, TAKES_NUMBERS, GIVES_DOUBLE, OP_VARIANCE),
    AGGREGATE("VAR_SAMP", 1, TAKES_NUMBERS, GIVES_DOUBLE, OP_VARIANCE_SAMPLE),
    AGGREGATE("SUM_OF_SQUARES", 1, TAKES_NUMBERS, GIVES_DOUBLE, OP_SQUARES),
    {.name = "HISTOGRAM",
     .kind = FUNCTION_GROUPING,
     .args_min = 2,
     .args_max = 2,
     .takes = TAKES_ANY,
     .gives = GIVES_FIRST,
     .op = OP_HISTOGRAM},
    {.name = "MATCH",
     .kind = FUNCTION_CONDITION,
     .args_min = 2,
     .args_max = 2,
     .takes = TAKES_ANY,
     .gives = GIVES_BOOLEAN,
     .op = OP_MATCH},
    {.name = "QUERY",
     .kind = FUNCTION_CONDITION,
     .args_min = 1,
     .args_max = 1,
     .takes = TAKES_TEXTS,
     .gives = GIVES_BOOLEAN,
     .op = OP_QUERY},
};

const struct function_list functions_aggregate = {list, sizeof list / sizeof *list};
