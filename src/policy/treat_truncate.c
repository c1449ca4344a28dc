// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"
#include "json/utf8.h"
#include "policy/detector.h"
#include "policy/ip_text.h"
#include "policy/put.h"
#include "policy/treatment.h"

// The first characters of a text, or the network of an IP address.
enum { CHARACTERS_MAX = 64, V4_BITS = 32, V6_BITS = 128, NETWORK_BYTES = 64 };

static const char *const wanted[] = {"characters", "network", "allow", NULL};

static bool read_count(struct slice text, uint32_t most, uint32_t *out)
{
    uint64_t count = 0;
    if (parse_u64(text, &count) || count == 0 || count > most)
        return false;
    *out = (uint32_t)count;
    return true;
}

// "24/48": bits of IPv4 and of IPv6, so that nobody forgets the other one.
static bool read_network(const struct yaml_tree *network, struct policy_column *out)
{
    if (network->kind != YAML_TEXT)
        return false;
    struct slice text = slice_text(network->text);
    const uint8_t *slash = text.len ? memchr(text.at, '/', text.len) : NULL;
    size_t at = slash ? (size_t)(slash - text.at) : 0;
    return slash && read_count(slice_of(text.at, at), V4_BITS - 1, &out->network_v4) &&
           read_count(slice_from(text, at + 1), V6_BITS - 1, &out->network_v6);
}

// What is left of an address is no longer somebody's, but has the form of one.
static enum err declare(const struct yaml_tree *column, struct arena *policy,
                        struct policy_column *out, struct field *field, struct fault *why)
{
    const struct yaml_tree *characters = yaml_tree_get(column, "characters");
    const struct yaml_tree *network = yaml_tree_get(column, "network");
    (void)policy;
    field->type = FIELD_KEYWORD;
    if (!characters == !network)
        return yaml_fail(why, out->line,
                         "column %s: truncate needs characters: 3, or network: 24/48 for IP "
                         "addresses, and not both",
                         out->name);
    if (network) {
        out->allows |= detector_bit(&detect_ip);
        return read_network(network, out)
                   ? OK
                   : yaml_fail(why, network->line,
                               "column %s: network is the bits kept of IPv4 and of IPv6: 24/48",
                               out->name);
    }
    if (characters->kind == YAML_TEXT &&
        read_count(slice_text(characters->text), CHARACTERS_MAX, &out->characters))
        return OK;
    return yaml_fail(why, characters->line, "column %s: characters is a number from 1 to %d",
                     out->name, CHARACTERS_MAX);
}

static enum err put_prefix(struct sieve_column *to, uint32_t row, struct slice text,
                           struct fault *why)
{
    size_t end = 0;
    for (uint32_t i = 0; i < to->declared->characters && end < text.len; i++) {
        size_t len = utf8_len(text.at + end, text.len - end);
        if (len == 0)
            return fail(why, ERR_INVALID, "a text is no UTF-8");
        end += len;
    }
    return sieve_column_text(to, row, slice_of(text.at, end), why);
}

// PostgreSQL's inet may come with bits of its own; what is coarser already stays so.
static bool take_bits(struct slice *text, uint32_t most, uint32_t *out)
{
    const uint8_t *slash = text->len ? memchr(text->at, '/', text->len) : NULL;
    uint64_t bits = most;
    if (slash) {
        size_t at = (size_t)(slash - text->at);
        if (parse_u64(slice_from(*text, at + 1), &bits) || bits > most)
            return false;
        text->len = at;
    }
    *out = (uint32_t)bits;
    return true;
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static bool print_v4(const struct policy_column *c, struct slice text, struct buf *out)
{
    uint8_t bytes[4];
    uint32_t bits = 0;
    if (!take_bits(&text, V4_BITS, &bits) || !ip_v4_parse(text, bytes))
        return false;
    bits = lesser(bits, c->network_v4);
    ip_mask(bytes, sizeof bytes, bits);
    ip_v4_print(bytes, out);
    buf_print(out, "/%u", bits);
    return true;
}

// An IPv4 address in IPv6's clothes is one of IPv4: of those 48 bits would be left none.
static bool print_v6(const struct policy_column *c, struct slice text, struct buf *out)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    uint8_t bytes[16];
    uint32_t bits = 0;
    if (!take_bits(&text, V6_BITS, &bits) || !ip_v6_parse(text, bytes))
        return false;
    bool is_v4 = memcmp(bytes, mapped, sizeof mapped) == 0 && bits >= V6_BITS - V4_BITS;
    uint32_t kept =
        is_v4 ? lesser(bits - (V6_BITS - V4_BITS), c->network_v4) : lesser(bits, c->network_v6);
    if (is_v4) {
        ip_mask(bytes + sizeof mapped, 4, kept);
        ip_v4_print(bytes + sizeof mapped, out);
    } else {
        ip_mask(bytes, sizeof bytes, kept);
        ip_v6_print(bytes, out);
    }
    buf_print(out, "/%u", kept);
    return true;
}

static enum err put_network(struct sieve_column *to, uint32_t row, struct slice text,
                            struct fault *why)
{
    struct buf network AUTO(buf_donep) = buf_init(NETWORK_BYTES);
    if (!print_v4(to->declared, text, &network) && !print_v6(to->declared, text, &network))
        return fail(why, ERR_INVALID, "a text is no IP address");
    return sieve_column_text(to, row, buf_slice(&network), why);
}

static enum err apply(struct sieve_column *to, uint32_t row, const struct raw *value,
                      struct fault *why)
{
    char room[RAW_TEXT_BYTES];
    struct slice text = {0};
    enum err e = put_text_of(value, room, &text, why);
    if (e)
        return e;
    return to->declared->characters ? put_prefix(to, row, text, why)
                                    : put_network(to, row, text, why);
}

const struct treatment treat_truncate = {
    .name = "truncate",
    .reveals = "The first characters, or the network: all that begin alike cannot be told apart, "
               "and what is not longer is whole.",
    .enters = true,
    .scanned = true,
    .wanted = wanted,
    .declare = declare,
    .apply = apply,
};
