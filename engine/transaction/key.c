#include "transaction/key.h"

/* What the pieces are, by kind of key. */
enum { BRANCH, METHOD, HOST };
enum { VIA = HOST, FROM_TAG, TO_TAG, CALL_ID, RURI };

/* The pieces that ignore case, a bit each. */
enum {
  COOKIE_FOLDS = 1 << BRANCH | 1 << HOST,
  LEGACY_FOLDS = 1 << BRANCH | 1 << FROM_TAG | 1 << TO_TAG,
};

/* Apart from each other, whatever the peer sends. */
enum { SEED_COOKIE = 1, SEED_LEGACY, SEED_CLIENT, SEED_ORIGIN };

static uint16_t sent_by_port(const struct msip_via *via)
{
  if (via->port)
    return via->port;
  return msip_str_ieq(via->transport, MSIP_STR("TLS")) ? 5061 : 5060;
}

static int piece_count(const struct msip_txn_key *key)
{
  return key->is_legacy ? RURI + 1 : key->is_client ? BRANCH + 1 : HOST + 1;
}

static uint64_t seed_of(const struct msip_txn_key *key)
{
  uint64_t seed = key->is_legacy   ? SEED_LEGACY
                  : key->is_client ? SEED_CLIENT
                                   : SEED_COOKIE;

  return seed | (uint64_t)key->method << 8 |
         (uint64_t)(key->cseq ^ key->port) << 16;
}

/* Everything a peer can vary goes into the hash, so nobody can make a long
 * chain.  Pieces that compare byte by byte are folded all the same: that costs
 * nothing but a comparison. */
void msip_txn_key_hash(struct msip_txn_key *key, const struct msip_rand *r)
{
  struct msip_hasher h = msip_hash_start(r, seed_of(key));
  int count = piece_count(key);

  for (int i = 0; i < count; i++)
    msip_hash_add_fold(&h, key->piece[i]);
  key->hash = msip_hash_value(&h);
}

void msip_txn_key_request(struct msip_txn_key *key, const struct msip_msg *m,
                          enum msip_method method)
{
  *key = (struct msip_txn_key){.method = method};
  key->piece[BRANCH] = m->via.branch;
  if (method == MSIP_METHOD_OTHER)
    key->piece[METHOD] = m->method_text;
  if (msip_via_has_cookie(&m->via)) {
    key->port = sent_by_port(&m->via);
    key->piece[HOST] = m->via.host;
    return;
  }
  key->is_legacy = true;
  key->cseq = m->cseq;
  key->piece[VIA] = m->via.text;
  key->piece[FROM_TAG] = m->from_tag;
  key->piece[TO_TAG] = m->to_tag;
  key->piece[CALL_ID] = m->call_id;
  key->piece[RURI] = m->ruri;
}

bool msip_txn_key_untag(struct msip_txn_key *key)
{
  if (!key->is_legacy || !key->piece[TO_TAG].len)
    return false;
  key->piece[TO_TAG] = MSIP_STR("");
  return true;
}

void msip_txn_key_client(struct msip_txn_key *key, const struct msip_rand *r,
                         struct msip_str branch, enum msip_method method)
{
  *key = (struct msip_txn_key){.method = method, .is_client = true};
  key->piece[BRANCH] = branch;
  msip_txn_key_hash(key, r);
}

/* A stored key is a 16-bit length and the bytes, for each piece in use. */

size_t msip_txn_key_size(const struct msip_txn_key *key)
{
  int count = piece_count(key);
  size_t size = 0;

  for (int i = 0; i < count; i++)
    size += sizeof(uint16_t) + key->piece[i].len;
  return size;
}

void msip_txn_key_store(const struct msip_txn_key *key, char *text)
{
  int count = piece_count(key);

  for (int i = 0; i < count; i++) {
    uint16_t len = (uint16_t)key->piece[i].len;

    memcpy(text, &len, sizeof len);
    text += sizeof len;
    if (len)
      memcpy(text, key->piece[i].at, len);
    text += len;
  }
}

static struct msip_str stored_piece(const char **text)
{
  uint16_t len;
  const char *at = *text + sizeof len;

  memcpy(&len, *text, sizeof len);
  *text = at + len;
  return msip_str_of(at, len);
}

static bool same_piece(struct msip_str a, struct msip_str b, bool folds)
{
  return msip_str_eq(a, b) || (folds && msip_str_ieq(a, b));
}

bool msip_txn_key_matches(const struct msip_txn_key *key, const char *text)
{
  unsigned folds = key->is_legacy ? LEGACY_FOLDS : COOKIE_FOLDS;
  int count = piece_count(key);

  for (int i = 0; i < count; i++)
    if (!same_piece(key->piece[i], stored_piece(&text), folds >> i & 1))
      return false;
  return true;
}

struct msip_str msip_txn_key_branch(const char *text)
{
  return stored_piece(&text);
}

struct msip_txn_origin msip_txn_origin_of(const struct msip_rand *r,
                                          const struct msip_msg *m)
{
  uint64_t seed = (uint64_t)m->cseq << 16 | (uint64_t)m->method << 8;
  struct msip_hasher h = msip_hash_start(r, seed | SEED_ORIGIN);
  struct msip_txn_origin origin;

  msip_hash_add(&h, m->call_id);
  origin.check = msip_hash_value(&h);
  msip_hash_add_fold(&h, m->from_tag);
  origin.hash = msip_hash_value(&h);
  return origin;
}
