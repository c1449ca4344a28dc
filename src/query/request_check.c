// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "query/request.h"

static enum err check_window(const struct request *r, struct fault *why)
{
    uint64_t end = (uint64_t)r->from + r->size;
    if (end <= LIMIT_RESULT_WINDOW)
        return OK;
    return fail(why, ERR_INVALID,
                "illegal_argument_exception: Result window is too large, from + size must be less "
                "than or equal to: [%d] but was [%llu]. See the scroll api for a more efficient "
                "way to request large data sets. This limit can be set by changing the "
                "[index.max_result_window] index level setting.",
                LIMIT_RESULT_WINDOW, (unsigned long long)end);
}

static enum err check_search_after(const struct request *r, struct fault *why)
{
    if (r->search_after_count == 0)
        return OK;
    if (r->from > 0)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: `from` parameter must be set to 0 when "
                    "`search_after` is used.");
    if (r->sort_count == 0)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: Sort must contain at least one field.");
    if (r->search_after_count != r->sort_count)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: search_after has %u value(s) but sort has %u.",
                    r->search_after_count, r->sort_count);
    return OK;
}

enum err request_check(const struct request *r, struct fault *why)
{
    enum err e = check_window(r, why);
    return e ? e : check_search_after(r, why);
}
