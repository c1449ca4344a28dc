// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"
#include "policy/text_scan.h"
#include "policy/tld.h"

// One character before the @ is enough: what stands before it does not matter once it
// is one.  %40 is the @ of a URL's parameters.  The last label is one of the root zone's, so
// that "package@1.2.3" and "icon@2x.png" are none.
static bool is_domain(uint8_t c)
{
    return is_alnum(c) || c == '-' || c == '.' || c >= 0x80;
}

static bool is_address(struct slice text, size_t domain)
{
    size_t end = domain;
    while (end < text.len && is_domain(text.at[end]))
        end++;
    while (end > domain && (text.at[end - 1] == '.' || text.at[end - 1] == '-'))
        end--;
    size_t label = end;
    while (label > domain && text.at[label - 1] != '.')
        label--;
    return label > domain + 1 && tld_is(slice_of(text.at + label, end - label));
}

static bool holds(struct slice text, struct arena *scratch)
{
    (void)scratch;
    for (size_t at = 1; at < text.len; at++) {
        bool is_escaped = has_at(text, at, "%40");
        uint8_t before = char_before(text, at);
        if ((text.at[at] != '@' && !is_escaped) || before <= ' ' || before == '@')
            continue;
        if (is_address(text, at + (is_escaped ? 3 : 1)))
            return true;
    }
    return false;
}

const struct detector detect_email = {
    .name = "e-mail address",
    .id = "email",
    .pattern = "[^\\s@](?:@|%40)(?:[a-z0-9\\x80-\\xff][a-z0-9\\x80-\\xff-]*\\.)+[a-z]{2}",
    .caseless = true,
    .holds = holds,
};
