// SPDX-License-Identifier: Apache-2.0
#include "cli/table.h"

#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS_MAX = 16, CELLS_MIN = 64, GAP = 2 };

struct table_print table_print_of(struct arena *scratch, uint32_t column_count)
{
    CHECK(column_count > 0 && column_count <= COLUMNS_MAX);
    return (struct table_print){.scratch = scratch, .column_count = column_count};
}

static void disarm(char *text)
{
    for (uint8_t *c = (uint8_t *)text; *c; c++) {
        bool is_c1 = c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f; // U+0080 to U+009F
        if (*c < ' ' || *c == 0x7f || is_c1)
            *c = '?';
        if (is_c1)
            *++c = '?';
    }
}

void table_cell(struct table_print *t, const char *format, ...)
{
    if (t->cell_count == t->cells_max) {
        uint32_t more = t->cells_max ? 2 * t->cells_max : CELLS_MIN;
        struct slice *cells = ARENA_ARRAY(t->scratch, struct slice, more);
        if (t->cell_count)
            memcpy(cells, t->cells, t->cell_count * sizeof *cells);
        t->cells = cells;
        t->cells_max = more;
    }
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    disarm(text);
    t->cells[t->cell_count++] = arena_copy(t->scratch, slice_text(text));
}

static uint32_t characters(struct slice text)
{
    uint32_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += (text.at[i] & 0xc0) != 0x80;
    return count;
}

static struct slice without_unit(struct slice text)
{
    if (text.len > 1 && text.at[text.len - 1] == 'B')
        text.len--;
    if (text.len > 1 && strchr("kMGT", text.at[text.len - 1]))
        text.len--;
    return text;
}

// 12, -1,204.5, 3.64%, 6.2 MB, and "-" for none; but neither 1.0.0.12 nor 2019-12-04.
static bool looks_like_a_number(struct slice text)
{
    bool digit = false;
    int points = 0;
    text = without_unit(text);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.at[i];
        if (!strchr("0123456789.,-+% ", c) || (i && (c == '-' || c == '+')))
            return false;
        points += c == '.';
        digit = digit || (c >= '0' && c <= '9');
    }
    return (digit && points < 2) || text.len == 0 || slice_is(text, "-");
}

struct column_shape {
    uint32_t width;
    bool right;
};

static struct column_shape shape_of(const struct table_print *t, uint32_t column)
{
    struct column_shape shape = {.right = t->cell_count > t->column_count};
    for (uint32_t i = column; i < t->cell_count; i += t->column_count) {
        uint32_t wide = characters(t->cells[i]);
        shape.width = wide > shape.width ? wide : shape.width;
        if (i >= t->column_count)
            shape.right = shape.right && looks_like_a_number(t->cells[i]);
    }
    return shape;
}

static void blanks(struct buf *out, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        buf_u8(out, ' ');
}

static void end_line(struct buf *out)
{
    while (out->len && out->at[out->len - 1] == ' ')
        out->len--;
    buf_u8(out, '\n');
}

void table_render(const struct table_print *t, struct buf *out)
{
    CHECK(t->column_count > 0 && t->column_count <= COLUMNS_MAX);
    struct column_shape shapes[COLUMNS_MAX] = {0};
    for (uint32_t c = 0; c < t->column_count; c++)
        shapes[c] = shape_of(t, c);
    for (uint32_t i = 0; i < t->cell_count; i++) {
        uint32_t column = i % t->column_count;
        bool last = column + 1 == t->column_count;
        uint32_t fill = shapes[column].width - characters(t->cells[i]);
        blanks(out, column ? GAP : 0);
        blanks(out, shapes[column].right ? fill : 0);
        buf_slice_add(out, t->cells[i]);
        blanks(out, shapes[column].right || last ? 0 : fill);
        if (last)
            end_line(out);
    }
}

struct slice bar_of(struct arena *scratch, double value, double max, uint32_t width)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    if (!(value > 0) || !(max > 0))
        return slice_text("");
    double part = value < max ? value / max : 1;
    uint32_t filled = (uint32_t)(part * width * 8 + 0.5);
    struct buf bar = buf_init(4096);
    for (uint32_t i = 0; i < filled / 8; i++)
        buf_text(&bar, "█");
    buf_text(&bar, eighths[filled % 8]);
    struct slice text = arena_copy(scratch, buf_slice(&bar));
    buf_done(&bar);
    return text;
}

struct slice line_of(struct arena *scratch, const double *values, uint32_t count)
{
    static const char *const levels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double max = 0;
    for (uint32_t i = 0; i < count; i++)
        max = values[i] > max ? values[i] : max;
    struct buf line = buf_init(4 * (size_t)count + 16);
    for (uint32_t i = 0; i < count; i++)
        buf_text(&line, levels[max > 0 ? (uint32_t)(values[i] / max * 7 + 0.5) : 0]);
    struct slice text = arena_copy(scratch, buf_slice(&line));
    buf_done(&line);
    return text;
}
