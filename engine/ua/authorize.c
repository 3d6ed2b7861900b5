/* Challenges to requests of ours, and the credentials that answer them
 * (RFC 3261 22.2, 22.3). */
#include "ua/outgoing_in.h"
#include "ua/request_in.h"
#include "ua/session_in.h"
#include "uri/uri.h"

enum { CREDENTIALS_MAX = 65535 };

static const struct msip_dialog *dialog_of(const struct msip_outgoing *o)
{
  return o->session ? &o->session->dialog : o->form;
}

/* Who is asked with which names: one keyring serves all such requests. */
static uint64_t key_of(const struct msip_outgoing *o,
                       const struct msip_reply *options)
{
  struct msip_str hop = msip_dialog_next_hop(dialog_of(o));
  struct msip_hasher h = msip_hash_start(&o->ua->rand, 0);
  struct msip_uri uri;

  for (unsigned i = 0; i < options->login_count; i++) {
    msip_hash_add(&h, options->logins[i].username);
    msip_hash_add(&h, options->logins[i].realm);
  }
  if (msip_uri_parse(&uri, hop, NULL) == 0 && uri.host.len) {
    char port[2] = {(char)(uri.port >> 8), (char)uri.port};

    msip_hash_add_fold(&h, uri.host);
    msip_hash_add(&h, msip_str_of(port, sizeof port));
  } else {
    msip_hash_add(&h, hop);
  }
  return msip_hash_value(&h);
}

/* To the front, where those that were used lately are; the last one goes. */
static void push_front(struct msip_ua *ua, unsigned from,
                       struct msip_keyring *keyring)
{
  memmove(&ua->keyrings[1], &ua->keyrings[0], from * sizeof *ua->keyrings);
  ua->keyrings[0] = keyring;
}

static struct msip_keyring *find(struct msip_ua *ua, uint64_t key,
                                 const struct msip_reply *options)
{
  for (unsigned i = 0; i < MSIP_KEYRINGS && ua->keyrings[i]; i++) {
    struct msip_keyring *k = ua->keyrings[i];

    if (k->key == key &&
        msip_keyring_is(k, options->logins, options->login_count)) {
      push_front(ua, i, k);
      return k;
    }
  }
  return NULL;
}

static struct msip_keyring *make(struct msip_ua *ua, uint64_t key,
                                 const struct msip_reply *options)
{
  struct msip_keyring *k =
      msip_keyring_new(ua->pool, options->logins, options->login_count);

  if (!k)
    return NULL;
  k->key = key;
  msip_keyring_drop(ua->keyrings[MSIP_KEYRINGS - 1]);
  push_front(ua, MSIP_KEYRINGS - 1, k);
  return k;
}

int msip_outgoing_login(struct msip_outgoing *o,
                        const struct msip_reply *options)
{
  struct msip_ua *ua = o->ua;
  struct msip_keyring *k;
  uint64_t key;

  if (options->login_count == 0)
    return 0;
  key = key_of(o, options);
  k = find(ua, key, options);
  if (!k)
    k = make(ua, key, options);
  if (!k)
    return msip_because(ua, MSIP_ENOMEM, "out of memory");
  msip_keyring_drop(o->auth);
  o->auth = msip_keyring_hold(k);
  o->tries.binds = true;
  if (o->session) {
    msip_keyring_drop(o->session->auth);
    o->session->auth = msip_keyring_hold(k);
  }
  return 0;
}

void msip_keyrings_free(struct msip_ua *ua)
{
  for (unsigned i = 0; i < MSIP_KEYRINGS; i++)
    msip_keyring_drop(ua->keyrings[i]);
}

void msip_outgoing_credentials(struct msip_outgoing *o, struct msip_buf *buf)
{
  struct msip_buf lines;

  msip_bytes_drop(o->credentials);
  o->credentials = NULL;
  if (!o->auth || msip_buf_error(buf))
    return;
  msip_buf_init(&lines, o->ua->pool, CREDENTIALS_MAX);
  msip_keyring_write(o->auth, &lines, msip_buf_str(buf),
                     msip_bytes_str(o->tail), &o->tries);
  if (o->session && o->tries.binds)
    o->session->auth_realm = o->tries.realm;
  msip_buf_add(buf, msip_buf_str(&lines));
  o->credentials = msip_bytes_take(&lines);
}

bool msip_outgoing_authorize(struct msip_outgoing *o,
                             const struct msip_msg *response)
{
  return (response->status == 401 || response->status == 407) && o->auth &&
         msip_keyring_learn(o->auth, &o->ua->rand, response, &o->tries);
}
