// SPDX-License-Identifier: Apache-2.0
#include "query/expression.h"

// Any text as the script of a pipeline: worked out, or refused with words.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct slice variables[] = {slice_text("a"), slice_text("_value")};
    const struct expression_names names = {
        .variables = variables, .variable_count = 2, .has_values = size % 2};
    const struct expression *e = NULL;
    struct fault why = {0};
    if (expression_parse(slice_of(data, size), &names, request, &e, &why)) {
        if (!strstr(why.words, "script_exception: compile error: "))
            __builtin_trap();
        return 0;
    }
    const double numbers[] = {1, -2.5};
    (void)expression_value(e, numbers, numbers, 2);
    return 0;
}
