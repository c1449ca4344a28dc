// SPDX-License-Identifier: Apache-2.0
#include "server/approved.h"

#include "access/trusted.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/reader.h"
#include "policy/diff.h"
#include "policy/policy.h"
#include "server/directory.h"
#include "server/sealed_key.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SCRATCH_BYTES = 512 << 20,
    LINES_TOLD_MAX = 10,
    PATH_BYTES = 512,
    READ_BYTES = 16384,
    SAID_BYTES = 2 * LIMIT_POLICY_BYTES
};

const char *const approved_settings[] = {SUBJECT_LISTEN, SUBJECT_PROCESSES, SUBJECT_TLS, NULL};

bool endpoint_is_beyond(const struct endpoint *e)
{
    if (e->address.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&e->address;
        return ntohl(v4->sin_addr.s_addr) >> 24 != 127;
    }
    if (e->address.ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&e->address;
        return !IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
    }
    return true;
}

// As a text of YAML in single quotes.
static void print_quoted(const char *text, struct buf *out)
{
    for (; *text; text++)
        buf_print(out, *text == '\'' ? "''" : "%c", *text);
}

// Names hold no quote: users_resolve() and endpoint_parse() have seen them.
enum err setting_print(const struct config *config, const char *subject, struct buf *out,
                       struct fault *why)
{
    char listen[ENDPOINT_TEXT_BYTES];
    endpoint_print(&config->listen, listen);
    if (strcmp(subject, SUBJECT_LISTEN) == 0)
        buf_print(out, "listen: '%s'\n", listen);
    else if (strcmp(subject, SUBJECT_TLS) == 0 && !config->tls_client_ca[0])
        buf_text(out, "tls: {}\n");
    else if (strcmp(subject, SUBJECT_TLS) == 0) {
        buf_text(out, "tls: {client_ca: '");
        print_quoted(config->tls_client_ca, out);
        buf_text(out, "'}\n");
    } else
        buf_print(out, "users: {keeper: '%s', mirror: '%s', serve: '%s'}\n",
                  config->users[PROCESS_KEEPER], config->users[PROCESS_MIRROR],
                  config->users[PROCESS_SERVE]);
    return buf_end(out, why);
}

enum err setting_take(struct slice yaml, const char *subject, struct config *config,
                      struct fault *why)
{
    struct config said;
    enum err e = config_parse(yaml, &said, why);
    if (e)
        return e;
    if (strcmp(subject, SUBJECT_LISTEN) == 0)
        config->listen = said.listen;
    else if (strcmp(subject, SUBJECT_TLS) == 0)
        memcpy(config->tls_client_ca, said.tls_client_ca, sizeof config->tls_client_ca);
    else
        memcpy(config->users, said.users, sizeof config->users);
    return OK;
}

bool approved_has_data(const struct ratchet *r)
{
    return ratchet_in_force(r, RATCHET_DATA, SUBJECT_ENTERED) != NULL;
}

// Everything the settling of one start knows.
struct settling {
    const struct world *dir;
    struct config *config;
    struct ratchet *ratchet;
    struct arena *scratch;
    struct approved *out;
    struct fault *why;
    bool has_data; // something has entered, now or ever
};

static enum err set(struct settling *s, enum ratchet_act act, const char *kind, const char *subject,
                    struct slice value, const char *who)
{
    const struct ratchet_change change = {
        .kind = kind, .subject = subject, .who = who, .value = value};
    return ratchet_set(s->ratchet, act, &change, s->why);
}

struct looked {
    const struct world *dir;
    const char *folder;
    bool found;
};

// A log without a record is as long as its head; a file of any other kind holds something.
static void look_at(void *context, const char *entry)
{
    enum { LOG_HEAD_BYTES = 32 };

    struct looked *l = context;
    char name[PATH_BYTES];
    int fd = -1;
    uint64_t bytes = 0;
    snprintf(name, sizeof name, "%s/%s", l->folder, entry);
    if (l->dir->ops->open_read(l->dir, name, &fd, NULL))
        return;
    if (l->dir->ops->size(fd, &bytes, NULL) == OK && bytes > LOG_HEAD_BYTES)
        l->found = true;
    l->dir->ops->close(fd);
}

// Written down once, so that taking data/ away afterwards does not make it a new installation.
enum err approved_note_data(const struct world *dir, struct ratchet *r, const char *who,
                            struct fault *why)
{
    static const char *const folders[] = {DIRECTORY_DATA "/log", DIRECTORY_DATA "/segments"};
    const struct ratchet_change entered = {
        .kind = RATCHET_DATA, .subject = SUBJECT_ENTERED, .who = who, .value = slice_text("yes")};
    struct looked l = {.dir = dir};
    if (approved_has_data(r))
        return OK;
    enum err e = OK;
    for (size_t i = 0; !e && i < sizeof folders / sizeof folders[0]; i++) {
        l.folder = folders[i];
        e = dir->ops->list(dir, folders[i], look_at, &l, why);
        if (e == ERR_NOT_FOUND)
            e = OK; // not there yet
    }
    return e || !l.found ? e : ratchet_set(r, RATCHET_START, &entered, why);
}

static enum err settle_data(struct settling *s)
{
    enum err e = approved_note_data(s->dir, s->ratchet, "tamis serve", s->why);
    s->has_data = !e && approved_has_data(s->ratchet);
    return e;
}

static void tell_changes(const struct policy_diff *diff)
{
    uint32_t told = 0;
    for (uint32_t i = 0; i < diff->count; i++) {
        const struct policy_change *c = &diff->changes[i];
        if (c->direction == CHANGE_LOOSENS && told++ < LINES_TOLD_MAX)
            log_line(LOG_WARN, "policy.yml line %u: %s: %s", c->line, c->path, c->words);
    }
    log_line(LOG_WARN,
             "policy.yml loosens in %u place%s and is not in force; the approved policy is.  "
             "'tamis policy apply' proposes it, a second administrator approves it",
             told, told == 1 ? "" : "s");
}

// The file differs from what is in force.
static enum err judge_policy(struct settling *s, const struct ratchet_entry *now, struct slice file,
                             struct slice *out_text)
{
    struct policy_diff diff;
    enum err e = policy_diff_texts(now->value, file, s->scratch, &diff, s->why);
    if (e)
        return fail_in(s->why, e, "policy.yml beside the approved policy");
    if (diff.reshaped)
        log_line(LOG_WARN,
                 "policy.yml changes the columns of index %s, and no source has its rows to bring "
                 "them again; it is not in force.  Declare an index of another name",
                 diff.reshaped);
    else if (diff.direction == CHANGE_LOOSENS)
        tell_changes(&diff);
    if (diff.reshaped || diff.direction == CHANGE_LOOSENS) {
        s->out->differs = true;
        *out_text = now->value;
        return OK;
    }
    *out_text = file;
    log_line(LOG_INFO, "policy.yml %s; it is in force from now on",
             diff.direction == CHANGE_TIGHTENS ? "tightens" : "differs in what protects nothing");
    return set(s, RATCHET_TIGHTEN, RATCHET_POLICY, SUBJECT_POLICY, file, "policy.yml");
}

static enum err settle_policy(struct settling *s, struct slice file)
{
    const struct ratchet_entry *now = ratchet_in_force(s->ratchet, RATCHET_POLICY, SUBJECT_POLICY);
    struct slice text = file;
    enum err e = OK;
    if (now && slice_equal(now->value, file))
        text = now->value;
    else if (!now || !s->has_data)
        e = set(s, RATCHET_START, RATCHET_POLICY, SUBJECT_POLICY, file, "policy.yml");
    else
        e = judge_policy(s, now, file, &text);
    if (e)
        return e;
    now = ratchet_in_force(s->ratchet, RATCHET_POLICY, SUBJECT_POLICY);
    s->out->seq = now->seq;
    s->out->at_ms = now->at_ms;
    snprintf(s->out->who, sizeof s->out->who, "%s", now->who);
    buf_slice_add(&s->out->policy, text);
    return buf_end(&s->out->policy, s->why);
}

// That clients show a certificate tightens; whose is taken, a person judges.
bool setting_loosens(const struct config *config, const char *subject, struct slice in_force)
{
    struct config now;
    if (strcmp(subject, SUBJECT_LISTEN) == 0)
        return endpoint_is_beyond(&config->listen);
    if (strcmp(subject, SUBJECT_TLS) != 0)
        return true;
    if (in_force.len == 0)
        return false; // nothing was ever asked for
    return config_parse(in_force, &now, NULL) != OK || now.tls_client_ca[0] != '\0';
}

// An approved address of this machine takes the port that was asked for: any is as closed.
static void keep_port(struct endpoint *approved, const struct endpoint *wanted)
{
    // Both families have the port at the same place.
    const struct sockaddr_in *from = (const struct sockaddr_in *)&wanted->address;
    struct sockaddr_in *to = (struct sockaddr_in *)&approved->address;
    if (!endpoint_is_beyond(approved))
        to->sin_port = from->sin_port;
}

static enum err fall_back(struct settling *s, const char *subject, const struct ratchet_entry *now)
{
    struct slice wanted = slice_text("");
    struct buf text AUTO(buf_donep) = buf_init(LIMIT_CONFIG_BYTES);
    const struct endpoint asked = s->config->listen;
    enum err e = setting_print(s->config, subject, &text, s->why);
    if (!e)
        wanted = slice_of(text.at, text.len - 1);
    if (!e)
        e = setting_take(now->value, subject, s->config, s->why);
    if (e)
        return e;
    if (strcmp(subject, SUBJECT_LISTEN) == 0)
        keep_port(&s->config->listen, &asked);
    log_line(LOG_WARN,
             "%.*s is not approved, and '%.*s' stays in force.  'tamis policy apply' proposes it, "
             "a second administrator approves it",
             SLICE_PRINT(wanted), (int)now->value.len - 1, (const char *)now->value.at);
    return OK;
}

static enum err settle_setting(struct settling *s, const char *subject)
{
    const struct ratchet_entry *now = ratchet_in_force(s->ratchet, RATCHET_SETTING, subject);
    struct buf text AUTO(buf_donep) = buf_init(LIMIT_CONFIG_BYTES);
    enum err e = setting_print(s->config, subject, &text, s->why);
    if (e || (now && slice_equal(now->value, buf_slice(&text))))
        return e;
    bool is_loose = setting_loosens(s->config, subject, now ? now->value : slice_text(""));
    if (!now || (is_loose && !s->has_data))
        return set(s, RATCHET_START, RATCHET_SETTING, subject, buf_slice(&text), "tamis.yml");
    if (!is_loose && strcmp(subject, SUBJECT_TLS) == 0)
        return set(s, RATCHET_TIGHTEN, RATCHET_SETTING, subject, buf_slice(&text), "tamis.yml");
    // A port of this machine for one run is nothing to write down.
    return is_loose ? fall_back(s, subject, now) : OK;
}

static uint32_t waiting(const struct ratchet *r)
{
    uint32_t count = 0;
    uint32_t open = 0;
    const struct ratchet_entry *entries = ratchet_entries(r, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (!ratchet_is_open(r, &entries[i]))
            continue;
        open++;
        log_line(LOG_WARN, "proposal %lld of %s waits: %s %s", (long long)entries[i].seq,
                 entries[i].who, entries[i].kind, entries[i].subject);
    }
    return open;
}

static enum err settle_all(struct settling *s)
{
    struct buf file AUTO(buf_donep) = buf_init(LIMIT_POLICY_BYTES);
    const struct policy *parsed = NULL;
    enum err e = world_read_file(s->dir, FILE_POLICY, &file, s->why);
    if (!e)
        e = policy_parse(buf_slice(&file), s->scratch, &parsed, s->why);
    if (!e)
        e = settle_data(s);
    for (const char *const *subject = approved_settings; !e && *subject; subject++)
        e = settle_setting(s, *subject);
    if (!e)
        e = settle_policy(s, buf_slice(&file));
    if (e)
        return e;
    uint32_t count = 0;
    const struct ratchet_entry *entries = ratchet_entries(s->ratchet, &count);
    s->out->waiting = waiting(s->ratchet);
    s->out->has_data = s->has_data;
    s->out->begin_ms = count ? entries[0].at_ms : 0;
    return OK;
}

// A mistake in the file is told before anything else is asked for.
static enum err check_file(const struct world *dir, struct arena *scratch, struct fault *why)
{
    struct buf file AUTO(buf_donep) = buf_init(LIMIT_POLICY_BYTES);
    const struct policy *parsed = NULL;
    enum err e = world_read_file(dir, FILE_POLICY, &file, why);
    return e ? e : policy_parse(buf_slice(&file), scratch, &parsed, why);
}

// Its seal, and that it is not an older one.  The ratchet may have added to it, so this is last.
static enum err settle_catalog(const struct world *dir, const struct key_ring *ring,
                               struct approved *out, struct fault *why)
{
    struct access *access = NULL;
    enum err e = access_open_trusted(DIRECTORY_ACCESS, false, dir, ring, &access, why);
    if (!e)
        out->counter = access_counter(access);
    access_close(access);
    return e;
}

static enum err settle_seals(struct settling *s, struct fault *why)
{
    const struct policy *p = NULL;
    enum err e = policy_parse(buf_slice(&s->out->policy), s->scratch, &p, why);
    if (!e)
        e = layer_keys_settle(s->dir, s->ratchet, p->schema, s->out->generations, why);
    return e ? e : sealed_keys_settle(s->dir, s->ratchet, p->schema, &s->out->destroyed, why);
}

static enum err settle_here(const struct world *dir, struct config *config, struct approved *out,
                            struct fault *why)
{
    struct key_ring *ring = NULL;
    struct settling s = {.dir = dir, .config = config, .out = out, .why = why};
    s.scratch = arena_new(SCRATCH_BYTES);
    enum err e = check_file(dir, s.scratch, why);
    if (!e)
        e = crypto_start(why);
    if (!e)
        e = key_ring_open(dir, &ring, why);
    if (!e)
        e = ratchet_open(DIRECTORY_ACCESS, dir, ring, &s.ratchet, why);
    if (!e)
        e = settle_all(&s);
    if (!e)
        e = settle_seals(&s, why);
    if (!e)
        e = settle_catalog(dir, ring, out, why);
    arena_free(s.scratch);
    ratchet_close(s.ratchet);
    key_ring_close(ring);
    return e;
}

// What the settling process says: enum err u8; then the words, or seq, at, waiting, differs,
// who, the settings and the policy.
static void encode_said(const struct settling *s, enum err e, struct buf *out)
{
    buf_u8(out, (uint8_t)e);
    if (e) {
        buf_text(out, s->why->words);
        return;
    }
    buf_u64_le(out, (uint64_t)s->out->seq);
    buf_u64_le(out, (uint64_t)s->out->at_ms);
    buf_u32_le(out, s->out->waiting);
    buf_u8(out, s->out->differs);
    buf_u8(out, s->out->has_data);
    buf_u64_le(out, (uint64_t)s->out->begin_ms);
    buf_u64_le(out, (uint64_t)s->out->counter);
    buf_u32_le(out, s->out->destroyed);
    for (size_t i = 0; i < LAYER_KINDS_MAX; i++)
        buf_u32_le(out, s->out->generations[i]);
    buf_blob(out, slice_text(s->out->who));
    for (const char *const *subject = approved_settings; *subject; subject++) {
        struct buf text AUTO(buf_donep) = buf_init(LIMIT_CONFIG_BYTES);
        (void)setting_print(s->config, *subject, &text, NULL); // fits, or is refused on arrival
        buf_blob(out, buf_slice(&text));
    }
    buf_blob(out, buf_slice(&s->out->policy));
}

static enum err decode_facts(struct reader *in, struct config *config, struct approved *out,
                             struct fault *why)
{
    out->seq = (int64_t)reader_u64_le(in);
    out->at_ms = (int64_t)reader_u64_le(in);
    out->waiting = reader_u32_le(in);
    out->differs = reader_u8(in) != 0;
    out->has_data = reader_u8(in) != 0;
    out->begin_ms = (int64_t)reader_u64_le(in);
    out->counter = (int64_t)reader_u64_le(in);
    out->destroyed = reader_u32_le(in);
    for (size_t i = 0; i < LAYER_KINDS_MAX; i++)
        out->generations[i] = reader_u32_le(in);
    struct slice who = reader_blob(in);
    snprintf(out->who, sizeof out->who, "%.*s", SLICE_PRINT(who));
    enum err e = OK;
    for (const char *const *subject = approved_settings; !e && *subject; subject++)
        e = setting_take(reader_blob(in), *subject, config, why);
    if (e)
        return e;
    buf_slice_add(&out->policy, reader_blob(in));
    e = reader_end(in, why);
    return e ? e : buf_end(&out->policy, why);
}

static enum err decode_said(struct slice said, struct config *config, struct approved *out,
                            struct fault *why)
{
    struct reader in = reader_over(said);
    uint8_t code = reader_u8(&in);
    if (said.len == 0)
        return fail(why, ERR_UNAVAILABLE, "what is approved could not be found out");
    if (code != OK)
        return fail(why, (enum err)code, "%.*s", SLICE_PRINT(slice_from(said, 1)));
    return decode_facts(&in, config, out, why);
}

static void write_all(int fd, struct slice bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.at, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; // the other end misses it, and says so
        bytes = slice_from(bytes, (size_t)n);
    }
}

static void read_all(int fd, struct buf *out)
{
    uint8_t bytes[READ_BYTES];
    for (;;) {
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        buf_bytes(out, bytes, (size_t)n);
    }
}

static void settle_and_say(const struct world *dir, struct config *config, int fd)
{
    struct fault why = {0};
    struct approved found = {.policy = buf_init(LIMIT_POLICY_BYTES)};
    struct settling s = {.config = config, .out = &found, .why = &why};
    enum err e = settle_here(dir, config, &found, &why);
    struct buf said AUTO(buf_donep) = buf_init(SAID_BYTES);
    encode_said(&s, e, &said);
    write_all(fd, buf_slice(&said));
    approved_done(&found);
}

enum err approved_settle(const struct world *dir, struct config *config, struct approved *out,
                         struct fault *why)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return fail(why, ERR_LIMIT, "a pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        settle_and_say(dir, config, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    struct buf said AUTO(buf_donep) = buf_init(SAID_BYTES);
    if (pid > 0)
        read_all(ends[0], &said);
    close(ends[0]);
    if (pid > 0)
        (void)waitpid(pid, NULL, 0); // what it said, or did not say, is its status
    *out = (struct approved){.policy = buf_init(LIMIT_POLICY_BYTES)};
    enum err e = decode_said(buf_slice(&said), config, out, why);
    if (e)
        approved_done(out);
    return e;
}

static enum err start_all(struct settling *s, struct slice policy, const char *who)
{
    enum err e = set(s, RATCHET_START, RATCHET_POLICY, SUBJECT_POLICY, policy, who);
    for (const char *const *subject = approved_settings; !e && *subject; subject++) {
        struct buf text AUTO(buf_donep) = buf_init(LIMIT_CONFIG_BYTES);
        e = setting_print(s->config, *subject, &text, s->why);
        if (!e)
            e = set(s, RATCHET_START, RATCHET_SETTING, *subject, buf_slice(&text), who);
    }
    return e;
}

enum err approved_start(const struct world *dir, const char *access, struct config *config,
                        struct slice policy, struct fault *why)
{
    struct key_ring *ring = NULL;
    struct settling s = {.dir = dir, .config = config, .why = why};
    enum err e = key_ring_open(dir, &ring, why);
    if (!e)
        e = ratchet_open(access, dir, ring, &s.ratchet, why);
    if (!e)
        e = start_all(&s, policy, "tamis init");
    ratchet_close(s.ratchet);
    key_ring_close(ring);
    return e;
}
