// SPDX-License-Identifier: Apache-2.0
#include "unit/search/crowded.h"
#include "unit/store/fixture.h"

#include <stdlib.h>

static struct town town;
static struct crowd_model model;

static const char *const outcomes[] = {"ok", "ok", "ok", "failed", "timeout", NULL};
static const char *const hosts[] = {"h0", "h1", "h2", "h3"};
static const char *const models[] = {"m0", "m1", "m2", NULL};
static char device_names[CROWDED_DEVICES][4];

static struct town_row random_event(struct test_random *r, uint32_t key)
{
    struct town_row row = {.op = ROW_PUT, .key = key};
    uint32_t device = test_random(r, CROWDED_DEVICES + 2);
    if (device < CROWDED_DEVICES)
        row.cells[E_DEVICE] = T(device_names[device]);
    row.cells[E_OUTCOME] = T(outcomes[test_random(r, 6)]);
    if (test_random(r, 10))
        row.cells[E_LATENCY] = N(test_random(r, 500));
    if (test_random(r, 50))
        row.cells[E_AT] = N(CROWDED_START + key * 1000.0 + test_random(r, 60000));
    if (test_random(r, 5))
        row.cells[E_OK] = N(test_random(r, 2));
    if (test_random(r, 4))
        row.cells[E_SCORE] = N(test_random(r, 1000) / 1000.0);
    row.cells[E_HOST] = T(hosts[test_random(r, 4)]);
    return row;
}

static void make_devices(struct test_random *r)
{
    struct town_row puts[CROWDED_DEVICES];
    uint32_t count = 0;
    for (uint32_t i = 0; i < CROWDED_DEVICES; i++) {
        struct town_row *d = &model.devices[i];
        *d = (struct town_row){.op = i % 9 == 8 ? ROW_DELETE : ROW_PUT, .key = i};
        d->cells[D_ID] = T(device_names[i]);
        d->cells[D_MODEL] = T(models[test_random(r, 4)]);
        if (test_random(r, 5))
            d->cells[D_WEIGHT] = N(test_random(r, 6) / 2.0);
        if (test_random(r, 5))
            d->cells[D_YEAR] = N(2015 + test_random(r, 4));
        if (d->op == ROW_PUT)
            puts[count++] = *d;
    }
    town_put(&town, TOWN_DEVICES, puts, count);
}

static void change_some(struct test_random *r)
{
    struct town_row *changes = calloc(3000, sizeof *changes);
    for (uint32_t i = 0; i < 3000; i++) {
        uint32_t key = test_random(r, model.row_count);
        changes[i] = random_event(r, key);
        if (test_random(r, 3) == 0)
            changes[i] = (struct town_row){.op = ROW_DELETE, .key = key};
        if (key == 17) // one that tests may ask for
            changes[i] = model.rows[17];
        model.is_live[key] = changes[i].op == ROW_PUT;
        model.rows[key] = changes[i];
    }
    town_put(&town, TOWN_EVENTS, changes, 3000);
    free(changes);
}

static void close_town(void)
{
    town_close(&town);
    free(model.rows);
    free(model.is_live);
}

struct town *crowded_town(void)
{
    if (town.store)
        return &town;
    struct test_random r = {.state = 20231114};
    town_open(&town, 0, NULL);
    atexit(close_town);
    for (uint32_t i = 0; i < CROWDED_DEVICES; i++)
        snprintf(device_names[i], sizeof device_names[i], "d%02u", i % 100);
    make_devices(&r);
    model.row_count = CROWDED_ROWS;
    model.rows = calloc(CROWDED_ROWS, sizeof *model.rows);
    model.is_live = calloc(CROWDED_ROWS, sizeof *model.is_live);
    for (uint32_t i = 0; i < CROWDED_ROWS; i++) {
        model.rows[i] = random_event(&r, i);
        model.is_live[i] = true;
    }
    town_put(&town, TOWN_EVENTS, model.rows, CROWDED_ROWS);
    change_some(&r);
    return &town;
}

const struct crowd_model *crowded_model(void)
{
    (void)crowded_town();
    return &model;
}

bool is_text(const struct town_row *r, int field, const char *text)
{
    return r->cells[field].text && strcmp(r->cells[field].text, text) == 0;
}

const struct town_row *device_of(const struct town_row *r)
{
    for (uint32_t i = 0; r->cells[E_DEVICE].text && i < CROWDED_DEVICES; i++)
        if (is_text(r, E_DEVICE, device_names[i]))
            return model.devices[i].op == ROW_PUT ? &model.devices[i] : NULL;
    return NULL;
}

const char *model_of(const struct town_row *r)
{
    const struct town_row *d = device_of(r);
    return d ? d->cells[D_MODEL].text : NULL;
}

TEST(crowded_town_has_the_rows_of_its_model)
{
    const struct crowd_model *m = crowded_model();
    uint64_t want = 0;
    for (uint32_t i = 0; i < m->row_count; i++)
        want += m->is_live[i];
    EXPECT_EQ(town_ask(crowded_town(), "events", "{\"size\":0}").total, want);
    EXPECT(want > 20000 && want < CROWDED_ROWS);
}
