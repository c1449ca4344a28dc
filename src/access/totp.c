// SPDX-License-Identifier: Apache-2.0
#include "access/totp.h"

#include "access/access_private.h"
#include "base/reader.h"
#include "keys/totp.h"

#include <stdio.h>

enum {
    FORM = 1,
    HASH_BYTES = 16,
    RECOVERY_CHANCE_BYTES = 10, // 16 letters
    PLAIN_BYTES = 1 + 8 + TOTP_SECRET_BYTES + 1 + TOTP_RECOVERY_CODES * HASH_BYTES,
    HIDDEN_BYTES = 1024,
    USER_KEY_BYTES = PRINCIPAL_NAME_BYTES + 8,
};

struct factor {
    int64_t since_ms;
    uint8_t secret[TOTP_SECRET_BYTES];
    uint8_t hashes[TOTP_RECOVERY_CODES][HASH_BYTES];
    uint8_t count;
};

// ---- what is kept ----

static size_t encode(const struct factor *f, uint8_t out[PLAIN_BYTES])
{
    uint8_t *at = out;
    *at++ = FORM;
    for (int i = 0; i < 8; i++)
        *at++ = (uint8_t)((uint64_t)f->since_ms >> 8 * i);
    memcpy(at, f->secret, sizeof f->secret);
    at += sizeof f->secret;
    *at++ = f->count;
    memcpy(at, f->hashes, (size_t)f->count * HASH_BYTES);
    return (size_t)(at - out) + (size_t)f->count * HASH_BYTES;
}

static enum err decode(struct slice bytes, struct factor *out, struct fault *why)
{
    struct reader in = reader_over(bytes);
    struct factor f = {0};
    bool is_ours = reader_u8(&in) == FORM;
    f.since_ms = (int64_t)reader_u64_le(&in);
    struct slice secret = reader_bytes(&in, TOTP_SECRET_BYTES);
    f.count = reader_u8(&in);
    if (!is_ours || f.count > TOTP_RECOVERY_CODES)
        return fail(why, ERR_CORRUPT, "catalog.db: a second factor of another form");
    struct slice hashes = reader_bytes(&in, (size_t)f.count * HASH_BYTES);
    enum err e = reader_end(&in, why);
    if (e != OK)
        return e;
    memcpy(f.secret, secret.at, sizeof f.secret);
    if (f.count)
        memcpy(f.hashes, hashes.at, hashes.len);
    *out = f;
    return OK;
}

static void bytes_done(struct buf *b)
{
    if (b->at)
        wipe(b->at, b->size);
    buf_done(b);
}

// With the lock held.  *out_is_there false: the user has none.
static enum err load(struct access *a, struct slice name, struct factor *out, bool *out_is_there,
                     int64_t *out_step, struct fault *why)
{
    struct buf hidden AUTO(buf_donep) = buf_init(HIDDEN_BYTES);
    uint8_t bytes[PLAIN_BYTES];
    uint8_t key[KEY_BYTES];
    *out_is_there = false;
    enum err e = catalog_verify(a->catalog, why); // nobody moved it to another's row
    if (e == OK)
        e = catalog_totp_get(a->catalog, name, &hidden, out_step, why);
    if (e != OK || hidden.len == 0)
        return e;
    e = catalog_hiding_key(a->catalog, key, why);
    bool fits = hidden.len >= LOCK_BYTES && hidden.len - LOCK_BYTES <= sizeof bytes;
    if (e == OK && !(fits && unlock_bytes(key, name, buf_slice(&hidden), bytes)))
        e = fail(why, ERR_CORRUPT, "catalog.db: the second factor of a user is not readable");
    wipe(key, sizeof key);
    if (e == OK)
        e = decode(slice_of(bytes, hidden.len - LOCK_BYTES), out, why);
    wipe(bytes, sizeof bytes);
    *out_is_there = e == OK;
    return e;
}

// With the lock held.
static enum err store(struct access *a, struct slice name, const struct factor *f,
                      struct fault *why)
{
    struct buf hidden AUTO(buf_donep) = buf_init(HIDDEN_BYTES);
    uint8_t bytes[PLAIN_BYTES];
    uint8_t key[KEY_BYTES];
    enum err e = catalog_hiding_key(a->catalog, key, why);
    if (e != OK)
        return e;
    size_t len = encode(f, bytes);
    lock_bytes(key, name, slice_of(bytes, len), &hidden);
    wipe(bytes, sizeof bytes);
    wipe(key, sizeof key);
    e = buf_end(&hidden, why);
    return e ? e : catalog_totp_set(a->catalog, name, buf_slice(&hidden), why);
}

// ---- making one ----

// Letters in groups of four; what a person types may have other case and other marks between.
static void recovery_print(const uint8_t chance[RECOVERY_CHANCE_BYTES],
                           char out[TOTP_RECOVERY_BYTES])
{
    struct buf text AUTO(bytes_done) = buf_init(TOTP_RECOVERY_BYTES);
    base32_print(slice_of(chance, RECOVERY_CHANCE_BYTES), &text);
    const char *t = (const char *)text.at;
    snprintf(out, TOTP_RECOVERY_BYTES, "%.4s-%.4s-%.4s-%.4s", t, t + 4, t + 8, t + 12);
}

// What counts of it: letters and digits, upper case.
static struct slice recovery_plain(struct slice typed, char out[TOTP_RECOVERY_BYTES])
{
    size_t len = 0;
    for (size_t i = 0; i < typed.len && len < TOTP_RECOVERY_BYTES; i++) {
        uint8_t c = typed.at[i];
        if (c >= 'a' && c <= 'z')
            c = (uint8_t)(c - 'a' + 'A');
        if ((c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'))
            out[len++] = (char)c;
    }
    return slice_of(out, len);
}

// 80 bits of chance need no slow hash; the factor's own secret keeps them apart from other users'.
static void recovery_hash(const struct factor *f, struct slice typed, uint8_t out[HASH_BYTES])
{
    uint8_t key[KEY_BYTES] = {0};
    char plain[TOTP_RECOVERY_BYTES];
    memcpy(key, f->secret, sizeof f->secret);
    keyed_hash(key, recovery_plain(typed, plain), out, HASH_BYTES);
    wipe(key, sizeof key);
    wipe(plain, sizeof plain);
}

static void uri_print(struct slice name, const struct factor *f, char out[TOTP_URI_BYTES])
{
    struct buf text AUTO(bytes_done) = buf_init(TOTP_URI_BYTES - 1);
    buf_text(&text, "otpauth://totp/tamis:");
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.at[i];
        bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        buf_print(&text, is_plain ? "%c" : "%%%02X", c);
    }
    buf_text(&text, "?secret=");
    base32_print(slice_of(f->secret, sizeof f->secret), &text);
    buf_print(&text, "&issuer=tamis&algorithm=SHA1&digits=%d&period=%d", TOTP_DIGITS,
              TOTP_STEP_MS / 1000);
    snprintf(out, TOTP_URI_BYTES, "%.*s", SLICE_PRINT(buf_slice(&text)));
}

static void draw(struct slice name, int64_t now_ms, struct factor *f, struct totp_new *out)
{
    *f = (struct factor){.since_ms = now_ms, .count = TOTP_RECOVERY_CODES};
    random_bytes(f->secret, sizeof f->secret);
    for (int i = 0; i < TOTP_RECOVERY_CODES; i++) {
        uint8_t chance[RECOVERY_CHANCE_BYTES];
        random_bytes(chance, sizeof chance);
        recovery_print(chance, out->recovery[i]);
        recovery_hash(f, slice_text(out->recovery[i]), f->hashes[i]);
        wipe(chance, sizeof chance);
    }
    uri_print(name, f, out->uri);
}

enum err access_totp_state(struct access *a, struct slice name, struct totp_state *out,
                           struct fault *why)
{
    struct factor f = {0};
    int64_t step = 0;
    bool is_there = false;
    pthread_mutex_lock(&a->lock);
    enum err e = load(a, name, &f, &is_there, &step, why);
    pthread_mutex_unlock(&a->lock);
    if (e == ERR_NOT_FOUND)
        return fail(why, e, "there is no such user");
    *out = (struct totp_state){is_there, f.since_ms, f.count};
    wipe(&f, sizeof f);
    return e;
}

static enum err check_none(struct access *a, struct slice name, struct fault *why)
{
    struct totp_state state = {0};
    enum err e = access_totp_state(a, name, &state, why);
    if (e == OK && state.is_there)
        e = fail(why, ERR_CONFLICT,
                 "this user has a second factor already; another one is made after it was taken "
                 "away, which needs two persons");
    return e;
}

enum err access_totp_enrol(struct access *a, const struct access_by *by, struct slice name,
                           struct totp_new *out, struct fault *why)
{
    struct factor f;
    const struct access_change change = {"totp.enrol", by, name, false,
                                         slice_text("codes of an authenticator for every change")};
    enum err e = check_none(a, name, why);
    if (e == OK)
        e = access_change(a, &change, why);
    if (e != OK)
        return e;
    draw(name, a->now_ms(), &f, out);
    pthread_mutex_lock(&a->lock);
    e = store(a, name, &f, why);
    access_changed(a);
    pthread_mutex_unlock(&a->lock);
    wipe(&f, sizeof f);
    if (e != OK)
        wipe(out, sizeof *out);
    return e;
}

enum err access_totp_remove(struct access *a, const struct access_by *by, struct slice name,
                            struct access_outcome *out, struct fault *why)
{
    struct totp_state state = {0};
    int64_t waits = 0;
    const struct access_change change = {"totp.remove", by, name, true,
                                         slice_text("a code for every change -> none")};
    enum err e = access_totp_state(a, name, &state, why);
    if (e == OK && !state.is_there)
        e = fail(why, ERR_NOT_FOUND, "this user has no second factor");
    if (e == OK)
        e = access_settle(a, &change, slice_text("{}"), &waits, why);
    if (e == OK)
        *out = (struct access_outcome){.waits = waits};
    return e;
}

// ---- asking for a code ----

// A user's name as a place of the table of penalties: no address begins so.
static struct slice place_of(struct slice name, char out[USER_KEY_BYTES])
{
    int len = snprintf(out, USER_KEY_BYTES, "totp %.*s", SLICE_PRINT(name));
    return slice_of(out, len < USER_KEY_BYTES ? (size_t)len : USER_KEY_BYTES - 1);
}

static bool parse_code(struct slice code, uint32_t *out)
{
    uint32_t number = 0;
    size_t digits = 0;
    for (size_t i = 0; i < code.len; i++) {
        if (code.at[i] == ' ' && digits == 3)
            continue; // as authenticators show it
        if (code.at[i] < '0' || code.at[i] > '9' || ++digits > TOTP_DIGITS)
            return false;
        number = number * 10 + (uint32_t)(code.at[i] - '0');
    }
    *out = number;
    return digits == TOTP_DIGITS;
}

// With the lock held.  The step that the code is of; -1: of none that is good now and unused.
static int64_t step_of(const struct access *a, const struct factor *f, uint32_t code,
                       int64_t used_step)
{
    int64_t now = a->now_ms() / TOTP_STEP_MS;
    int64_t found = -1;
    for (int64_t step = now - 1; step <= now + 1; step++) {
        uint32_t right =
            totp_code(slice_of(f->secret, sizeof f->secret), (uint64_t)step, TOTP_DIGITS);
        if (equal_in_constant_time(&right, &code, sizeof code) && step > used_step)
            found = step;
    }
    return found;
}

static int find_recovery(const struct factor *f, struct slice typed)
{
    uint8_t hash[HASH_BYTES];
    int found = -1;
    recovery_hash(f, typed, hash);
    for (int i = 0; i < f->count; i++)
        if (equal_in_constant_time(f->hashes[i], hash, sizeof hash))
            found = i;
    return found;
}

// With the lock held: reads it anew within the transaction, so that one code is not taken twice.
static enum err use_recovery(struct access *a, struct slice name, struct slice typed,
                             bool *out_taken, struct fault *why)
{
    struct factor f = {0};
    int64_t step = 0;
    bool is_there = false;
    enum err e = catalog_begin(a->catalog, why);
    if (e != OK)
        return e;
    e = load(a, name, &f, &is_there, &step, why);
    int at = e == OK && is_there ? find_recovery(&f, typed) : -1;
    if (at >= 0) {
        memmove(f.hashes[at], f.hashes[f.count - 1], HASH_BYTES);
        f.count--;
        e = store(a, name, &f, why);
    }
    wipe(&f, sizeof f);
    e = catalog_end(a->catalog, e, why);
    *out_taken = e == OK && at >= 0;
    return e;
}

// With the lock held.
static enum err check_slowed(struct access *a, struct slice name, struct slice address,
                             uint32_t *out_wait_s, struct fault *why)
{
    char place[USER_KEY_BYTES];
    int64_t now = a->now_ms();
    int64_t of_user = penalty_wait_ms(&a->penalties, PENALTY_GUESSES, place_of(name, place), now);
    int64_t of_address = penalty_wait_ms(&a->penalties, PENALTY_GUESSES, address, now);
    int64_t wait_ms = of_user > of_address ? of_user : of_address;
    if (wait_ms == 0)
        return OK;
    *out_wait_s = (uint32_t)((wait_ms + 999) / 1000);
    a->penalties.refused++;
    return fail(why, ERR_LIMIT, "security_exception: too many wrong codes; hold off for %u s",
                *out_wait_s);
}

static enum err refuse(struct access *a, struct slice name, struct slice address, struct fault *why)
{
    char place[USER_KEY_BYTES];
    penalty_add(&a->penalties, PENALTY_CODE, place_of(name, place), a->now_ms());
    penalty_add(&a->penalties, PENALTY_CODE, address, a->now_ms());
    return fail(why, ERR_DENIED,
                "security_exception: this is no code of the authenticator at this moment, or it "
                "was used already; wait for the next one");
}

// With the lock held.
static enum err check_code(struct access *a, struct slice name, struct slice code,
                           struct slice address, bool *out_by_recovery, struct fault *why)
{
    struct factor f = {0};
    int64_t step = 0;
    bool is_there = false;
    bool is_taken = false;
    uint32_t number = 0;
    enum err e = load(a, name, &f, &is_there, &step, why);
    if (e != OK || !is_there)
        return e == ERR_NOT_FOUND ? fail(why, ERR_DENIED, "there is no such user") : e;
    if (code.len == 0)
        e = fail(why, ERR_DENIED,
                 "security_exception: changes of this user need a code of the authenticator: the "
                 "header [X-Tamis-OTP], or --otp at the command line");
    else if (parse_code(code, &number)) {
        step = step_of(a, &f, number, step);
        e = step < 0 ? OK : catalog_totp_step(a->catalog, name, step, &is_taken, why);
    } else {
        e = use_recovery(a, name, code, &is_taken, why);
    }
    *out_by_recovery = is_taken && !parse_code(code, &number);
    wipe(&f, sizeof f);
    return e == OK && !is_taken ? refuse(a, name, address, why) : e;
}

enum err access_totp_check(struct access *a, struct slice name, struct slice code,
                           struct slice address, uint32_t *out_wait_s, struct fault *why)
{
    bool by_recovery = false;
    *out_wait_s = 0;
    pthread_mutex_lock(&a->lock);
    enum err e = code.len ? check_slowed(a, name, address, out_wait_s, why) : OK;
    if (e == OK)
        e = check_code(a, name, code, address, &by_recovery, why);
    if (by_recovery)
        access_changed(a);
    pthread_mutex_unlock(&a->lock);
    if (e != OK || !by_recovery)
        return e;
    const struct access_change change = {"totp.recovery", NULL, name, false,
                                         slice_text("a recovery code was used up")};
    return access_change(a, &change, why);
}
