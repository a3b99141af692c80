/*
 * Load for RADIUS servers: keeps WINDOW requests in flight over so many sockets for a number of seconds, each new one
 * when another is answered. Every answer's Response Authenticator is checked, and its Message-Authenticator where there
 * is one. Prints one JSON line: requests per second, latency percentiles in microseconds, answers that were none, and what
 * the processes named took of the processor for each request.
 *
 *   radius-load KIND HOST PORT SECRET USERS SOCKETS WINDOW COPIES SECONDS [PID...]
 *
 * KIND is `pap`: logins of random users; `all`: one login of each; or `accounting`: sessions, each with the records of
 * its start, an interim update and its end. Each request is sent COPIES times at once, as if clients were impatient.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "md5.h"

#define MAX_SOCKETS 64
#define MAX_SAMPLES (4 << 20)
#define PATIENCE_NS 3000000000ull

struct request {
  int waits, status; /* status: of the accounting session, 0 before its start */
  uint32_t user;
  uint64_t sent_at, session;
  unsigned char authenticator[16];
};

struct client {
  int fd;
  int next_id;
  struct request requests[256];
};

static struct client clients[MAX_SOCKETS];
static uint32_t *samples;
static size_t sample_count;
static uint64_t completed, lost, wrong, refused, extra, sessions, seed = 88172645463325252ull;
static const char *secret;
static struct hmac_key key;
static int users, copies, accounting, all, next_user;

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static uint64_t random64(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}

static void die(const char *what) {
  fprintf(stderr, "radius-load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static unsigned char *put(unsigned char *at, int type, const void *value, size_t length) {
  *at++ = (unsigned char)type;
  *at++ = (unsigned char)(length + 2);
  memcpy(at, value, length);
  return at + length;
}

static unsigned char *put_number(unsigned char *at, int type, uint32_t value) {
  uint32_t big = htonl(value);
  return put(at, type, &big, 4);
}

/* User-Password (RFC 2865 5.2). */
static unsigned char *put_password(unsigned char *at, const char *password, const unsigned char *authenticator) {
  unsigned char hidden[128] = {0}, mask[16];
  size_t length = strlen(password), blocks = (length + 15) / 16;
  memcpy(hidden, password, length);
  for (size_t block = 0; block < blocks; block++) {
    struct md5 m;
    md5_begin(&m);
    md5_add(&m, secret, strlen(secret));
    md5_add(&m, block == 0 ? authenticator : hidden + 16 * (block - 1), 16);
    md5_end(&m, mask);
    for (int i = 0; i < 16; i++) hidden[16 * block + (size_t)i] ^= mask[i];
  }
  return put(at, 2, hidden, 16 * blocks);
}

static void sign_digest(unsigned char *packet, size_t length) {
  struct md5 m;
  memset(packet + 4, 0, 16);
  md5_begin(&m);
  md5_add(&m, packet, length);
  md5_add(&m, secret, strlen(secret));
  md5_end(&m, packet + 4);
}

static size_t encode(unsigned char *packet, int id, struct request *r) {
  unsigned char *at = packet + 20, *message_authenticator = NULL;
  char text[64];
  static const unsigned char zeros[16];
  uint64_t random[2] = {random64(), random64()};
  memcpy(packet + 4, random, 16);
  packet[1] = (unsigned char)id;
  snprintf(text, sizeof text, "user%06u", r->user);
  at = put(at, 1, text, strlen(text));
  if (!accounting) {
    snprintf(text, sizeof text, "password of user%06u", r->user);
    at = put_password(at, text, packet + 4);
    message_authenticator = at + 2;
    at = put(at, 80, zeros, 16);
  }
  at = put(at, 4, "\x7f\0\0\1", 4); /* NAS-IP-Address */
  at = put_number(at, 5, (uint32_t)id);
  snprintf(text, sizeof text, "02-00-00-%02X-%02X-%02X", r->user >> 16 & 255, r->user >> 8 & 255, r->user & 255);
  at = put(at, 31, text, 17);
  at = put(at, 30, "02-00-00-00-00-01:Bench", 23);
  if (accounting) {
    snprintf(text, sizeof text, "%08x%08x", (uint32_t)(r->session >> 32), (uint32_t)r->session);
    at = put_number(at, 40, (uint32_t)r->status);
    at = put(at, 44, text, 16);
    at = put(at, 8, "\x0a\1\2\3", 4);
    if (r->status != 1) {
      at = put_number(at, 42, (uint32_t)random64() & 0xffffff);
      at = put_number(at, 43, (uint32_t)random64() & 0xffffff);
      at = put_number(at, 46, 600);
    }
  }
  size_t length = (size_t)(at - packet);
  packet[0] = accounting ? 4 : 1;
  packet[2] = (unsigned char)(length >> 8);
  packet[3] = (unsigned char)length;
  if (accounting) sign_digest(packet, length);
  else hmac(&key, packet, length, message_authenticator);
  memcpy(r->authenticator, packet + 4, 16);
  return length;
}

/* The next request: of the session that goes on, or of a new one. */
static void send_next(struct client *c, const struct request *before) {
  unsigned char packet[512];
  int id = c->next_id;
  while (c->requests[id].waits) id = (id + 1) & 255;
  c->next_id = (id + 1) & 255;
  struct request *r = &c->requests[id];
  if (before != NULL && accounting && before->status != 2) {
    int status = before->status == 1 ? 3 : 2;
    uint32_t user = before->user;
    uint64_t session = before->session;
    r->status = status; r->user = user; r->session = session;
  } else {
    r->user = all ? (uint32_t)(next_user++ % users) : (uint32_t)(random64() % (uint64_t)users);
    r->session = random64() ^ sessions++;
    r->status = 1;
  }
  r->waits = 1;
  size_t length = encode(packet, id, r);
  r->sent_at = now_ns();
  for (int i = 0; i < copies; i++)
    if (send(c->fd, packet, length, 0) < 0 && errno != ECONNREFUSED && errno != ENOBUFS) die("send");
}

static int is_signed(unsigned char *p, size_t length, const struct request *r) {
  unsigned char claimed[16], digest[16];
  struct md5 m;
  memcpy(claimed, p + 4, 16);
  memcpy(p + 4, r->authenticator, 16);
  md5_begin(&m);
  md5_add(&m, p, length);
  md5_add(&m, secret, strlen(secret));
  md5_end(&m, digest);
  if (memcmp(digest, claimed, 16) != 0) return 0;
  for (size_t at = 20; at + 2 <= length; at += p[at + 1]) {
    if (p[at + 1] < 2 || at + p[at + 1] > length) return 0;
    if (p[at] != 80) continue;
    if (p[at + 1] != 18) return 0;
    memcpy(claimed, p + at + 2, 16);
    memset(p + at + 2, 0, 16);
    hmac(&key, p, length, digest);
    return memcmp(digest, claimed, 16) == 0;
  }
  return 1;
}

static int receive(struct client *c) {
  unsigned char packet[4096];
  ssize_t n = recv(c->fd, packet, sizeof packet, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == ECONNREFUSED)) return 0;
  if (n < 20) die("recv");
  struct request *r = &c->requests[packet[1]];
  if (!r->waits) { extra++; return 1; }
  if (!is_signed(packet, (size_t)n, r)) {
    /* One to a copy of the request that had this identifier before is no mistake. */
    if (copies > 1) extra++; else wrong++;
    return 1;
  }
  if (packet[0] != (accounting ? 5 : 2)) refused++;
  completed++;
  if (sample_count < MAX_SAMPLES) samples[sample_count++] = (uint32_t)((now_ns() - r->sent_at) / 100);
  struct request before = *r;
  r->waits = 0;
  send_next(c, &before);
  return 1;
}

static void give_up_old(int count) {
  uint64_t before = now_ns() - PATIENCE_NS;
  for (int i = 0; i < count; i++)
    for (int id = 0; id < 256; id++) {
      struct request *r = &clients[i].requests[id];
      if (!r->waits || r->sent_at > before) continue;
      r->waits = 0;
      lost++;
      send_next(&clients[i], NULL);
    }
}

/* User and system time of processes, in hundredths of a second. */
static uint64_t cpu_ticks(int count, char **pids) {
  uint64_t sum = 0;
  for (int i = 0; i < count; i++) {
    char path[64], text[1024];
    unsigned long user, system;
    snprintf(path, sizeof path, "/proc/%s/stat", pids[i]);
    FILE *file = fopen(path, "r");
    if (file == NULL) die(path);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    char *behind = strrchr(text, ')');
    if (behind == NULL || sscanf(behind + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2) die(path);
    sum += user + system;
  }
  return sum;
}

static int by_value(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
  if (argc < 10) { fprintf(stderr, "usage: radius-load KIND HOST PORT SECRET USERS SOCKETS WINDOW COPIES SECONDS [PID...]\n"); return 2; }
  accounting = strcmp(argv[1], "accounting") == 0;
  all = strcmp(argv[1], "all") == 0;
  secret = argv[4];
  users = atoi(argv[5]);
  int count = atoi(argv[6]), window = atoi(argv[7]);
  copies = atoi(argv[8]);
  double seconds = atof(argv[9]);
  if (count < 1 || count > MAX_SOCKETS || window < 1 || window > count * 200 || copies < 1 || strlen(secret) > 64 || users < 1) return 2;
  if (window < count) count = window;
  samples = malloc(sizeof *samples * MAX_SAMPLES);
  seed ^= now_ns();
  hmac_prepare(&key, secret);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[3]))};
  inet_pton(AF_INET, argv[2], &to.sin_addr);
  int poll = epoll_create1(0), room = 4 << 20;
  for (int i = 0; i < count; i++) {
    clients[i].fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (clients[i].fd < 0 || connect(clients[i].fd, (struct sockaddr *)&to, sizeof to) != 0) die("connect");
    setsockopt(clients[i].fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
    epoll_ctl(poll, EPOLL_CTL_ADD, clients[i].fd, &event);
  }
  uint64_t ticks = cpu_ticks(argc - 10, argv + 10);
  uint64_t start = now_ns(), stop = start + (uint64_t)(seconds * 1e9), swept = start;
  for (int i = 0; i < window; i++) send_next(&clients[i % count], NULL);
  while (all ? completed < (uint64_t)users : now_ns() < stop) {
    struct epoll_event events[MAX_SOCKETS];
    int n = epoll_wait(poll, events, MAX_SOCKETS, 100);
    for (int i = 0; i < n; i++) for (int left = 256; left > 0 && receive(&clients[events[i].data.u32]); left--) {}
    if (now_ns() - swept > 100000000ull) { give_up_old(count); swept = now_ns(); }
  }
  double took = (double)(now_ns() - start) / 1e9;
  ticks = cpu_ticks(argc - 10, argv + 10) - ticks;
  qsort(samples, sample_count, sizeof *samples, by_value);
  size_t last = sample_count == 0 ? 0 : sample_count - 1;
  printf("{\"perSecond\":%.0f,\"completed\":%llu,\"lost\":%llu,\"wrong\":%llu,\"refused\":%llu,\"extra\":%llu,\"p50us\":%.1f,\"p99us\":%.1f,\"cpuUs\":%.1f}\n",
         (double)completed / took, (unsigned long long)completed, (unsigned long long)lost, (unsigned long long)wrong,
         (unsigned long long)refused, (unsigned long long)extra, samples[last / 2] / 10.0,
         samples[(size_t)((double)last * 0.99)] / 10.0, completed ? (double)ticks * 10000 / (double)completed : 0);
  return 0;
}
