/* MD5 (RFC 1321) and HMAC-MD5 (RFC 2104) of messages of up to some thousand octets, for the load generator. */
#include <stdint.h>
#include <string.h>

struct md5 {
  uint32_t state[4];
  uint64_t length;
  unsigned char block[64];
};

static const uint32_t md5_sines[64] = {
  0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
  0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
  0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
  0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
  0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
  0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
  0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
  0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
static const unsigned char md5_turns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

static void md5_take(uint32_t *state, const unsigned char *block) {
  uint32_t words[16], a = state[0], b = state[1], c = state[2], d = state[3];
  memcpy(words, block, 64); /* little-endian, as the machines that this runs on */
  for (int i = 0; i < 64; i++) {
    uint32_t mixed;
    int word;
    if (i < 16) { mixed = (b & c) | (~b & d); word = i; }
    else if (i < 32) { mixed = (d & b) | (~d & c); word = (5 * i + 1) & 15; }
    else if (i < 48) { mixed = b ^ c ^ d; word = (3 * i + 5) & 15; }
    else { mixed = c ^ (b | ~d); word = (7 * i) & 15; }
    uint32_t sum = a + mixed + md5_sines[i] + words[word];
    unsigned char turn = md5_turns[i >> 4][i & 3];
    a = d; d = c; c = b;
    b += sum << turn | sum >> (32 - turn);
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d;
}

static void md5_begin(struct md5 *m) {
  static const uint32_t first[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  memcpy(m->state, first, sizeof first);
  m->length = 0;
}

static void md5_add(struct md5 *m, const void *octets, size_t count) {
  const unsigned char *from = octets;
  size_t have = m->length & 63;
  m->length += count;
  while (count > 0) {
    size_t n = 64 - have < count ? 64 - have : count;
    memcpy(m->block + have, from, n);
    have += n; from += n; count -= n;
    if (have == 64) { md5_take(m->state, m->block); have = 0; }
  }
}

static void md5_end(struct md5 *m, unsigned char digest[16]) {
  uint64_t bits = m->length << 3;
  static const unsigned char padding[64] = {0x80};
  md5_add(m, padding, 1 + ((55 - m->length) & 63));
  md5_add(m, &bits, 8);
  memcpy(digest, m->state, 16);
}

/* The state after the two padded keys of an HMAC. */
struct hmac_key { struct md5 inner, outer; };

static void hmac_prepare(struct hmac_key *key, const char *secret) {
  unsigned char pad[64] = {0};
  struct md5 *sides[2] = {&key->inner, &key->outer};
  memcpy(pad, secret, strnlen(secret, sizeof pad));
  for (int side = 0; side < 2; side++) {
    unsigned char mixed[64];
    for (int i = 0; i < 64; i++) mixed[i] = pad[i] ^ (side == 0 ? 0x36 : 0x5c);
    md5_begin(sides[side]);
    md5_add(sides[side], mixed, 64);
  }
}

static void hmac(const struct hmac_key *key, const void *octets, size_t count, unsigned char digest[16]) {
  struct md5 inner = key->inner, outer = key->outer;
  md5_add(&inner, octets, count);
  md5_end(&inner, digest);
  md5_add(&outer, digest, 16);
  md5_end(&outer, digest);
}
