// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"
#include "policy/text_scan.h"

// Keys of clouds and services that say by their first characters what they are.  Behind the
// prefix stand at least so many characters of the key's alphabet, and as much chance as a key
// has: "AKIAXXXXXXXXXXXXXXXX" of a manual has none.
static const struct {
    const char *prefix;
    size_t length_min;
} kinds[] = {
    {"sk-proj-", 40}, {"sk-ant-", 40},     {"AKIA", 16},  {"ASIA", 16},     {"AIza", 35},
    {"ghp_", 36},     {"gho_", 36},        {"ghu_", 36},  {"ghs_", 36},     {"ghr_", 36},
    {"glpat-", 20},   {"github_pat_", 22}, {"xoxa-", 20}, {"xoxb-", 20},    {"xoxp-", 20},
    {"xoxr-", 20},    {"xoxs-", 20},       {"xapp-", 20}, {"npm_", 36},     {"hf_", 30},
    {"SG.", 40},      {"sk_live_", 16},    {"ya29.", 20}, {"rk_live_", 16},
};

static const double entropy_min = 3.0;

static bool is_key_char(uint8_t c)
{
    return is_alnum(c) || c == '_' || c == '-' || c == '.';
}

static bool is_key(struct slice text, size_t at)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!has_at(text, at, kinds[i].prefix))
            continue;
        size_t start = at + strlen(kinds[i].prefix);
        size_t end = start;
        while (end < text.len && is_key_char(text.at[end]))
            end++;
        if (end - start >= kinds[i].length_min &&
            entropy_bits(slice_of(text.at + start, end - start)) >= entropy_min)
            return true;
    }
    return false;
}

static bool holds(struct slice text, struct arena *scratch)
{
    (void)scratch;
    for (size_t at = 0; at < text.len; at++) {
        if (!is_alnum(char_before(text, at)) && is_key(text, at))
            return true;
    }
    return false;
}

const struct detector detect_api_key = {
    .name = "API key",
    .id = "api-key",
    .pattern = "(?:A[KS]IA[A-Z2-7]{4}|AIza[\\w-]{4}|gh[pousr]_\\w{4}|github_pat_|glpat-|"
               "xox[abprs]-|xapp-|[sr]k_live_|npm_\\w{4}|hf_\\w{4}|SG\\.[\\w.-]{4}|ya29\\.|"
               "sk-(?:proj|ant)-)",
    .holds = holds,
};
