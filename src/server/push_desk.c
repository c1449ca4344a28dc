// SPDX-License-Identifier: Apache-2.0
#include "server/push_desk.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/reader.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    PART_BYTES = 1 << 20,
    LINK_QUEUE_BYTES = 4 << 20, // handed to the link before it drains
    SENT_BYTES_MAX = 64 << 20,  // with mirror and not answered; more than the largest body
                                // only when that is alone
    DESK_BYTES_MAX = 256 << 20, // bodies of all requests: half of what http holds
    DESK_REQUESTS_MAX = 1024,
    ROWS_BYTES_MAX = 512 << 20,
    BATCH_ARENA_BYTES = 512 << 20, // a changeset decoded
};

enum stage { STAGE_WAITING, STAGE_SENT, STAGE_APPENDED, STAGE_ANSWERED };

// One push.  Lives on the stack of its caller, who waits for STAGE_ANSWERED.
struct request {
    struct request *next;
    enum stage stage;
    uint64_t serial;
    struct buf head;
    struct slice body;
    uint64_t term; // of the head
    size_t sent;   // of head and body
    struct buf changesets;
    struct push_answer *answer;
    enum err code;
    struct fault why;
    pthread_cond_t answered;
};

struct list {
    struct request *first, *last;
};

struct push_desk {
    const struct schema *schema;
    int event;
    struct link *link; // main thread's, as the four below
    struct arena *batch;
    uint64_t serial;
    struct list sent, appended; // in the order of their serials
    size_t sent_bytes;

    pthread_mutex_t lock; // guards the rest, and each request's stage
    struct list waiting;
    size_t bytes; // of all bodies
    uint32_t count;
    bool is_up, is_closed;
};

static void push(struct list *l, struct request *r)
{
    r->next = NULL;
    if (l->last)
        l->last->next = r;
    else
        l->first = r;
    l->last = r;
}

static struct request *pop(struct list *l)
{
    struct request *r = l->first;
    if (r) {
        l->first = r->next;
        if (!l->first)
            l->last = NULL;
    }
    return r;
}

struct push_desk *push_desk_new(const struct schema *schema)
{
    struct push_desk *d = calloc(1, sizeof *d);
    CHECK(d != NULL);
    d->schema = schema;
    d->batch = arena_new(BATCH_ARENA_BYTES);
    d->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    CHECK(d->event >= 0);
    CHECK(pthread_mutex_init(&d->lock, NULL) == 0);
    return d;
}

void push_desk_free(struct push_desk *d)
{
    if (!d)
        return;
    close(d->event);
    arena_free(d->batch);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

int push_desk_fd(const struct push_desk *d)
{
    return d->event;
}

static void wake(const struct push_desk *d)
{
    uint64_t one = 1;
    ssize_t n = write(d->event, &one, sizeof one);
    (void)n; // a full counter wakes just as well
}

// --- threads of http

static enum err enter(struct push_desk *d, struct request *r, struct fault *why)
{
    enum err e = OK;
    pthread_mutex_lock(&d->lock);
    if (d->is_closed || !d->is_up)
        e = fail(why, ERR_UNAVAILABLE,
                 "unavailable_shards_exception: the process that treats documents is being "
                 "started; try again");
    else if (d->count >= DESK_REQUESTS_MAX ||
             (d->count > 0 && d->bytes + r->body.len > DESK_BYTES_MAX))
        e = fail(why, ERR_LIMIT,
                 "es_rejected_execution_exception: %u pushes of %zu bytes are under way; try "
                 "again",
                 d->count, d->bytes);
    if (!e) {
        d->count++;
        d->bytes += r->body.len;
        push(&d->waiting, r);
    }
    pthread_mutex_unlock(&d->lock);
    return e;
}

static void wait_for_answer(struct push_desk *d, struct request *r)
{
    pthread_mutex_lock(&d->lock);
    while (r->stage != STAGE_ANSWERED)
        pthread_cond_wait(&r->answered, &d->lock);
    d->count--;
    d->bytes -= r->body.len;
    pthread_mutex_unlock(&d->lock);
}

enum err push_desk_take(struct push_desk *d, const struct push_head *head, struct slice body,
                        struct push_answer **out, struct fault *why)
{
    struct request r = {.body = body,
                        .term = head->term,
                        .head = buf_init(PART_BYTES),
                        .changesets = buf_init(ROWS_BYTES_MAX),
                        .answer = push_answer_new()};
    CHECK(pthread_cond_init(&r.answered, NULL) == 0);
    push_head_encode(head, &r.head);
    enum err e = enter(d, &r, &r.why);
    if (!e) {
        wake(d);
        wait_for_answer(d, &r);
        e = r.code;
    }
    pthread_cond_destroy(&r.answered);
    buf_done(&r.head);
    buf_done(&r.changesets);
    if (e) {
        push_answer_free(r.answer);
        return fail(why, e, "%s", r.why.words);
    }
    *out = r.answer;
    return OK;
}

// --- main thread

// After this the request is its caller's again.
static void answer(struct push_desk *d, struct request *r, enum err code)
{
    pthread_mutex_lock(&d->lock);
    r->code = code;
    r->stage = STAGE_ANSWERED;
    pthread_cond_signal(&r->answered);
    pthread_mutex_unlock(&d->lock);
}

static void refuse(struct push_desk *d, struct request *r, const char *words)
{
    (void)fail(&r->why, ERR_UNAVAILABLE, "unavailable_shards_exception: %s", words);
    answer(d, r, ERR_UNAVAILABLE);
}

static const char went[] = "the process that treats documents went; nothing of this request was "
                           "kept, try again";
static const char closing[] = "the server stops; whether this request was kept is not known";

static struct request *take_waiting(struct push_desk *d)
{
    pthread_mutex_lock(&d->lock);
    struct request *r = d->waiting.first;
    bool fits = r && (d->sent_bytes == 0 || d->sent_bytes + r->body.len <= SENT_BYTES_MAX);
    r = fits ? pop(&d->waiting) : NULL;
    pthread_mutex_unlock(&d->lock);
    return r;
}

static void set_up(struct push_desk *d, bool is_up)
{
    pthread_mutex_lock(&d->lock);
    d->is_up = is_up;
    pthread_mutex_unlock(&d->lock);
}

void push_desk_link(struct push_desk *d, struct link *l)
{
    struct request *r;
    d->link = l;
    set_up(d, l != NULL);
    while ((r = pop(&d->sent)))
        refuse(d, r, went);
    d->sent_bytes = 0;
    while (!l && (r = take_waiting(d)))
        refuse(d, r, went);
    d->serial = 0;
}

static enum err send_part(struct push_desk *d, struct request *r, struct fault *why)
{
    struct buf head AUTO(buf_donep) = buf_init(PART_BYTES + 1);
    size_t whole = r->head.len + r->body.len;
    size_t left = whole - r->sent;
    size_t len = left < PART_BYTES ? left : PART_BYTES;
    size_t of_head = r->sent == 0 ? r->head.len : 0; // it is small, and goes first
    len = len > of_head ? len : of_head;
    buf_u8(&head, len == left);
    if (of_head)
        buf_slice_add(&head, buf_slice(&r->head));
    size_t of_body = len - of_head;
    const struct slice pieces[2] = {
        buf_slice(&head),
        slice_of(of_body ? r->body.at + (r->sent + of_head - r->head.len) : NULL, of_body)};
    r->sent += len;
    return link_send_pieces(d->link, MESSAGE_PUSH, r->serial, pieces, why);
}

enum err push_desk_send(struct push_desk *d, struct fault *why)
{
    uint64_t count;
    ssize_t n = read(d->event, &count, sizeof count);
    (void)n; // empties the event, which may be empty already
    while (d->link && link_queued(d->link) < LINK_QUEUE_BYTES) {
        struct request *r = d->sent.last;
        if (!r || r->sent == r->head.len + r->body.len) {
            r = take_waiting(d);
            if (!r)
                break;
            r->serial = ++d->serial;
            r->stage = STAGE_SENT;
            d->sent_bytes += r->body.len;
            push(&d->sent, r);
        }
        enum err e = send_part(d, r, why);
        if (e)
            return e;
    }
    return d->link ? link_flush(d->link, why) : OK;
}

static enum err take_items(struct request *r, struct slice payload, struct fault *why)
{
    struct reader in = reader_over(payload);
    uint32_t count = reader_u32_le(&in);
    struct slice items = reader_bytes(&in, (size_t)count * sizeof(struct push_item));
    if (in.short_of_bytes)
        return fail(why, ERR_CORRUPT, "items of a push");
    buf_slice_add(&r->answer->items, items);
    buf_slice_add(&r->answer->texts, reader_bytes(&in, reader_left(&in)));
    enum err e = buf_end(&r->answer->items, why);
    return e ? e : buf_end(&r->answer->texts, why);
}

static struct slice next_changeset(struct slice *rest)
{
    uint32_t len;
    memcpy(&len, rest->at, sizeof len);
    struct slice one = slice_of(rest->at + sizeof len, len);
    *rest = slice_from(*rest, sizeof len + len);
    return one;
}

// The rows of a push belong to one pushed index a changeset, whose position they move on.
static enum err check_changeset(const struct push_desk *d, const struct changeset *c,
                                struct fault *why)
{
    const struct batch *b = c->batches;
    if (c->batch_count != 1 || c->resets)
        return fail(why, ERR_CORRUPT, "mirror sent a push of %u batches", c->batch_count);
    const struct table *t = &d->schema->tables[b->table];
    if (!table_is_pushed(t) || strcmp(t->source, c->position.source) != 0)
        return fail(why, ERR_CORRUPT, "mirror pushed rows into table %s", t->name);
    if (c->position.end_lsn < b->row_count)
        return fail(why, ERR_CORRUPT, "mirror numbered rows of %s from below 1", t->name);
    return OK;
}

// What one row of a table waits for.
struct condition {
    uint32_t table, row;
    struct push_condition only_if;
};

struct appending {
    const struct push_store *store;
    uint32_t rows[PUSH_TABLE_WORDS * 64]; // of each table, so far
    struct buf *outcomes, *numbers;       // per table, joined at the end
    struct buf conditions;                // struct condition, in the order of their rows
    uint32_t condition_at;                // the next one
};

_Static_assert(PUSH_TABLE_WORDS * 64 == LIMIT_TABLES, "an answer has room for every table");

static const struct condition *condition_of(struct appending *to, uint32_t table)
{
    if (to->condition_at == to->conditions.len / sizeof(struct condition))
        return NULL; // as nearly always
    const struct condition *c =
        (const struct condition *)(const void *)to->conditions.at + to->condition_at;
    bool is_next = c->table == table && c->row == to->rows[table];
    to->condition_at += is_next;
    return is_next ? c : NULL;
}

// Tells what is there where the condition does not hold.
static bool holds(const struct request *r, const struct appending *to, const struct condition *c,
                  const struct batch *b, const struct store_told *told)
{
    uint64_t there = to->store->find(to->store->context, b->table, b->keys[0]);
    told->outcomes[0] = PUSH_CONFLICT;
    told->numbers[0] = there;
    return there != STORE_NO_ROW && there == c->only_if.seq_no && r->term == c->only_if.term;
}

static enum err append_one(struct push_desk *d, struct request *r, struct slice bytes,
                           struct appending *to, struct fault *why)
{
    const struct admitted *a = NULL;
    arena_reset(d->batch);
    enum err e = admitted_decode(bytes, d->schema, d->batch, &a, why);
    if (e)
        return fail_in(why, ERR_CORRUPT, "mirror");
    const struct changeset *c = admitted_changeset(a);
    e = check_changeset(d, c, why);
    if (e)
        return e;
    const struct batch *b = c->batches;
    if (to->rows[b->table] == 0)
        r->answer->first_number[b->table] = c->position.end_lsn - b->row_count + 1;
    const struct condition *condition = condition_of(to, b->table);
    if (condition && b->row_count != 1)
        return fail(why, ERR_CORRUPT, "mirror sent a condition of %u rows", b->row_count);
    const struct store_told told = {
        .outcomes = buf_room(&to->outcomes[b->table], b->row_count),
        .numbers = (void *)buf_room(&to->numbers[b->table], b->row_count * sizeof(uint64_t))};
    CHECK(told.outcomes && told.numbers); // as many rows as changesets have room for
    if (!condition || holds(r, to, condition, b, &told))
        e = to->store->append(to->store->context, a, &told, why);
    to->rows[b->table] += b->row_count;
    return e;
}

// Their words are in the texts, which come whole before this.
static enum err find_conditions(const struct push_desk *d, const struct request *r,
                                struct appending *to, struct fault *why)
{
    const struct push_item *items = (const void *)r->answer->items.at;
    const struct buf *texts = &r->answer->texts;
    for (uint32_t i = 0; i < push_answer_count(r->answer); i++) {
        const struct push_item *item = &items[i];
        if (!(item->flags & PUSH_ITEM_IF))
            continue;
        size_t at = item->words.at - r->body.len;
        if (item->table >= d->schema->table_count || item->words.at < r->body.len ||
            item->words.len != PUSH_CONDITION_BYTES || at + PUSH_CONDITION_BYTES > texts->len)
            return fail(why, ERR_CORRUPT, "condition of a push");
        const struct condition c = {
            item->table, item->row,
            push_condition_decode(slice_of(texts->at + at, PUSH_CONDITION_BYTES))};
        buf_bytes(&to->conditions, &c, sizeof c);
    }
    return buf_end(&to->conditions, why);
}

static void join_outcomes(struct request *r, struct appending *from)
{
    for (uint32_t t = 0; t < LIMIT_TABLES; t++) {
        r->answer->outcome_at[t] = (uint32_t)r->answer->outcomes.len;
        buf_slice_add(&r->answer->outcomes, buf_slice(&from->outcomes[t]));
        buf_slice_add(&r->answer->numbers, buf_slice(&from->numbers[t]));
    }
}

static enum err check_items(const struct push_desk *d, const struct request *r,
                            const struct appending *got, struct fault *why)
{
    const struct push_item *items = (const void *)r->answer->items.at;
    uint64_t bytes = r->body.len + r->answer->texts.len;
    enum err e = OK;
    for (uint32_t i = 0; !e && i < push_answer_count(r->answer); i++)
        e = push_item_check(&items[i], bytes, got->rows, d->schema->table_count, why);
    if (!e && got->condition_at != got->conditions.len / sizeof(struct condition))
        e = fail(why, ERR_CORRUPT, "condition of a push without its row");
    return e;
}

static enum err append_all(struct push_desk *d, struct request *r, const struct push_store *store,
                           struct fault *why)
{
    struct appending *to = calloc(1, sizeof *to);
    struct buf *rows = calloc((size_t)LIMIT_TABLES * 2, sizeof *rows);
    CHECK(to && rows);
    *to = (struct appending){.store = store,
                             .outcomes = rows,
                             .numbers = rows + LIMIT_TABLES,
                             .conditions = buf_init(ROWS_BYTES_MAX)};
    for (int t = 0; t < LIMIT_TABLES * 2; t++)
        rows[t] = buf_init(ROWS_BYTES_MAX);
    enum err e = find_conditions(d, r, to, why);
    struct slice rest = buf_slice(&r->changesets);
    while (!e && rest.len > 0)
        e = append_one(d, r, next_changeset(&rest), to, why);
    if (!e)
        e = check_items(d, r, to, why);
    if (!e)
        join_outcomes(r, to);
    for (int t = 0; t < LIMIT_TABLES * 2; t++)
        buf_done(&rows[t]);
    buf_done(&to->conditions);
    free(rows);
    free(to);
    return e;
}

static void take_key(struct push_answer *a)
{
    if (a->texts.len == 0)
        return; // nothing was to be found
    struct reader in = reader_over(buf_slice(&a->texts));
    a->found.hi = reader_u64_le(&in);
    a->found.lo = reader_u64_le(&in);
}

// All of a push is here.  What mirror refused is answered at once; of the rest the
// commit decides.
static enum err finish(struct push_desk *d, struct request *r, struct slice payload,
                       const struct push_store *store, struct fault *why)
{
    uint8_t code = payload.at[0];
    struct slice words = slice_from(payload, 1);
    if (code >= ERR_COUNT)
        return fail(why, ERR_CORRUPT, "mirror ended a push with code %u", code);
    enum err e = OK;
    if (code == OK)
        e = append_all(d, r, store, why);
    if (e)
        return e; // it stays with those that were sent, and is refused with them
    pop(&d->sent);
    d->sent_bytes -= r->body.len;
    take_key(r->answer);
    if (code != OK)
        (void)fail(&r->why, (enum err)code, "%.*s", SLICE_PRINT(words)); // mirror's words
    if (code != OK || r->changesets.len == 0) {
        answer(d, r, (enum err)code);
        return OK;
    }
    r->stage = STAGE_APPENDED;
    push(&d->appended, r);
    return OK;
}

enum err push_desk_on(struct push_desk *d, const struct message *m, const struct push_store *store,
                      bool *out_appended, struct fault *why)
{
    struct request *r = d->sent.first;
    *out_appended = false;
    if (!r || r->serial != m->serial || r->sent != r->head.len + r->body.len)
        return fail(why, ERR_CORRUPT, "mirror answers a push that it was not sent");
    if (m->type == MESSAGE_PUSH_ITEMS)
        return take_items(r, m->payload, why);
    if (m->type == MESSAGE_PUSHED) {
        enum err e = finish(d, r, m->payload, store, why);
        *out_appended = e == OK;
        return e;
    }
    buf_u32_le(&r->changesets, (uint32_t)m->payload.len);
    buf_slice_add(&r->changesets, m->payload);
    return buf_end(&r->changesets, why);
}

void push_desk_committed(struct push_desk *d)
{
    struct request *r;
    while ((r = pop(&d->appended)))
        answer(d, r, OK);
}

void push_desk_close(struct push_desk *d)
{
    struct request *r;
    pthread_mutex_lock(&d->lock);
    d->is_closed = true;
    pthread_mutex_unlock(&d->lock);
    push_desk_link(d, NULL);
    while ((r = pop(&d->appended)))
        refuse(d, r, closing);
}
