// SPDX-License-Identifier: Apache-2.0
#include "cli/client.h"

#include "base/check.h"
#include "base/world.h"

#include <curl/curl.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { WORDS_BYTES = 1024, PASSWORD_BYTES = 1024, REPLY_BYTES_MAX = 256 << 20 };

struct client {
    CURL *curl;
    char url[WORDS_BYTES];
    char ca_file[WORDS_BYTES];
    char cert_file[WORDS_BYTES], key_file[WORDS_BYTES];
    char user[WORDS_BYTES];
    char password[PASSWORD_BYTES];
};

// First line of the file, without its end.
static enum err read_password(const char *file, char out[PASSWORD_BYTES], struct fault *why)
{
    FILE *f = fopen(file, "re");
    if (!f)
        return fail(why, ERR_IO, "password file %s: %s", file, strerror(errno));
    bool got = fgets(out, PASSWORD_BYTES, f) != NULL;
    fclose(f);
    if (got)
        out[strcspn(out, "\r\n")] = '\0';
    if (!got || !out[0])
        return fail(why, ERR_INVALID, "password file %s: there is no password in its first line",
                    file);
    return OK;
}

static void interrupted(int signal)
{
    (void)signal; // its coming is enough: the read ends
}

static enum err ask_password(const char *user, char out[PASSWORD_BYTES], struct fault *why)
{
    if (!isatty(STDIN_FILENO))
        return fail(why, ERR_INVALID,
                    "no password: give --password-file F (no terminal to ask on)");
    struct termios old;
    tcgetattr(STDIN_FILENO, &old);
    struct termios silent = old;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(stderr, "password of %s: ", user);
    // Ctrl-C must not leave a terminal that is silent for good.
    struct sigaction was;
    sigaction(SIGINT, &(struct sigaction){.sa_handler = interrupted}, &was);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    bool got = fgets(out, PASSWORD_BYTES, stdin) != NULL;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
    sigaction(SIGINT, &was, NULL);
    fputc('\n', stderr);
    if (!got)
        return fail(why, ERR_INVALID, "no password given");
    out[strcspn(out, "\r\n")] = '\0';
    return OK;
}

// The address the server of this directory said it listens on.
static void find_url(struct client *c, const char *directory)
{
    snprintf(c->url, sizeof c->url, "https://127.0.0.1:9200");
    struct world w;
    if (!directory || world_open(directory, &w, NULL))
        return;
    struct buf text = buf_init(REPLY_BYTES_MAX);
    struct arena *scratch = arena_new(REPLY_BYTES_MAX);
    const struct json *status = NULL;
    if (world_read_file(&w, "run/status.json", &text, NULL) == OK &&
        json_parse(buf_slice(&text), scratch, &status, NULL) == OK) {
        const struct json *address = json_get(status, "listen");
        if (address && address->type == JSON_STRING)
            snprintf(c->url, sizeof c->url, "https://%.*s", SLICE_PRINT(address->text));
    }
    arena_free(scratch);
    buf_done(&text);
    world_close(&w);
}

// The HTTP library would go on without any, and tell only that nobody can be trusted.
static enum err check_authority(const char *file, struct fault *why)
{
    gnutls_datum_t text = {0};
    gnutls_x509_crt_t *all = NULL;
    unsigned count = 0;
    if (access(file, R_OK) < 0)
        return fail(why, ERR_IO, "certificate authority %s: %s", file, strerror(errno));
    int code = gnutls_load_file(file, &text);
    if (code >= 0)
        code = gnutls_x509_crt_list_import2(&all, &count, &text, GNUTLS_X509_FMT_PEM, 0);
    for (unsigned i = 0; code >= 0 && i < count; i++)
        gnutls_x509_crt_deinit(all[i]);
    gnutls_free(all);
    gnutls_free(text.data);
    return code >= 0 && count
               ? OK
               : fail(why, ERR_INVALID, "certificate authority %s holds no certificate", file);
}

static enum err check_options(const struct client *c, struct fault *why)
{
    if (strncmp(c->url, "https://", 8) != 0)
        return fail(why, ERR_INVALID, "the address '%s' does not begin with https://", c->url);
    return *c->ca_file ? check_authority(c->ca_file, why) : OK;
}

enum err client_open(const struct client_options *o, struct client **out, struct fault *why)
{
    struct client *c = calloc(1, sizeof *c);
    CHECK(c != NULL);
    snprintf(c->user, sizeof c->user, "%s", o->user ? o->user : "admin");
    snprintf(c->cert_file, sizeof c->cert_file, "%s", o->cert_file ? o->cert_file : "");
    snprintf(c->key_file, sizeof c->key_file, "%s", o->key_file ? o->key_file : "");
    find_url(c, o->directory);
    if (o->url)
        snprintf(c->url, sizeof c->url, "%s", o->url);
    if (o->ca_file)
        snprintf(c->ca_file, sizeof c->ca_file, "%s", o->ca_file);
    else if (o->directory)
        snprintf(c->ca_file, sizeof c->ca_file, "%s/tls/ca.crt", o->directory);

    enum err e = check_options(c, why);
    if (!e)
        e = o->password_file ? read_password(o->password_file, c->password, why)
                             : ask_password(c->user, c->password, why);
    if (!e) {
        c->curl = curl_easy_init();
        if (!c->curl)
            e = fail(why, ERR_UNAVAILABLE, "the HTTP library does not start");
    }
    if (e) {
        client_close(c);
        return e;
    }
    *out = c;
    return OK;
}

void client_close(struct client *c)
{
    if (!c)
        return;
    curl_easy_cleanup(c->curl);
    explicit_bzero(c->password, sizeof c->password);
    free(c);
}

static size_t take_reply(char *bytes, size_t size, size_t count, void *context)
{
    struct buf *out = context;
    buf_bytes(out, bytes, size * count);
    return out->over_limit ? 0 : size * count;
}

static enum err perform(struct client *c, long *out_status, struct fault *why)
{
    CURLcode code = curl_easy_perform(c->curl);
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
        return fail(why, ERR_UNAVAILABLE,
                    "%s does not prove to be ours with the certificate authority %s (%s); --ca "
                    "names the right one, DIR/tls/ca.crt on the server",
                    c->url, *c->ca_file ? c->ca_file : "of this system", curl_easy_strerror(code));
    if (code == CURLE_COULDNT_CONNECT)
        return fail(why, ERR_UNAVAILABLE,
                    "nobody answers at %s; does it run there? `tamis status DIR` says", c->url);
    if (code != CURLE_OK)
        return fail(why, ERR_UNAVAILABLE, "no answer from %s: %s", c->url,
                    curl_easy_strerror(code));
    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, out_status);
    return OK;
}

enum err client_ask(struct client *c, const struct client_question *q, long *out_status,
                    struct buf *out, struct fault *why)
{
    char url[2 * WORDS_BYTES + 2048];
    snprintf(url, sizeof url, "%s%s", c->url, q->path);
    curl_easy_reset(c->curl);
    curl_easy_setopt(c->curl, CURLOPT_URL, url);
    curl_easy_setopt(c->curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, q->method);
    curl_easy_setopt(c->curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(c->curl, CURLOPT_TIMEOUT, 60L);
    if (*c->ca_file)
        curl_easy_setopt(c->curl, CURLOPT_CAINFO, c->ca_file);
    if (*c->cert_file)
        curl_easy_setopt(c->curl, CURLOPT_SSLCERT, c->cert_file);
    if (*c->key_file)
        curl_easy_setopt(c->curl, CURLOPT_SSLKEY, c->key_file);
    curl_easy_setopt(c->curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(c->curl, CURLOPT_USERNAME, c->user);
    curl_easy_setopt(c->curl, CURLOPT_PASSWORD, c->password);
    curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, take_reply);
    curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, out);
    struct curl_slist *headers = NULL;
    if (q->body.len) {
        headers = curl_slist_append(NULL, "Content-Type: application/json");
        curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE, (long)q->body.len);
        curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, (const char *)q->body.at);
    }
    enum err e = perform(c, out_status, why);
    curl_slist_free_all(headers);
    return e;
}

// The reason out of an Elasticsearch error body: error.reason, or error itself.
static struct slice reason_of(const struct json *reply)
{
    const struct json *error = json_get(reply, "error");
    const struct json *reason = json_get(error, "reason");
    const struct json *words = reason ? reason : error;
    return words && words->type == JSON_STRING ? words->text : slice_text("no reason given");
}

enum err client_json(struct client *c, const struct client_question *q, struct arena *request,
                     const struct json **out, struct fault *why)
{
    struct buf reply AUTO(buf_donep) = buf_init(REPLY_BYTES_MAX);
    long status = 0;
    enum err e = client_ask(c, q, &status, &reply, why);
    if (e)
        return e;
    struct slice bytes = arena_copy(request, buf_slice(&reply));
    const struct json *tree = NULL;
    e = json_parse(bytes, request, &tree, why);
    if (e)
        return fail_in(why, e, "the answer to %s %s (status %ld) is no JSON", q->method, q->path,
                       status);
    if (status == 401)
        return fail(why, ERR_DENIED,
                    "the server does not know user %s with this password (--user, --password-file)",
                    c->user);
    if (status >= 400)
        return fail(why, status == 403 ? ERR_DENIED : ERR_INVALID,
                    "the server says (status %ld): %.*s", status, SLICE_PRINT(reason_of(tree)));
    *out = tree;
    return OK;
}
