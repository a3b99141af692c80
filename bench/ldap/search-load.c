/*
 * Load for LDAP servers: binds N connections, then keeps D searches for a random uid in flight on each of them for a
 * number of seconds. Prints one JSON line: searches per second, latency percentiles in microseconds, and what the
 * processes named took of the processor for each search. Binding is not part of any of these.
 *
 *   search-load HOST PORT BIND-DN PASSWORD BASE-DN USERS CONNECTIONS DEPTH SECONDS [PID...]
 *
 * With 0 seconds it asks for each user once, which leaves the server as it is after a day's work.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 256
#define MAX_DEPTH 64
#define IN_BYTES (1 << 18)
#define MAX_SAMPLES (8 << 20)

static const char *attributes[] = {"cn", "sn", "givenName", "mail", "uid", "uidNumber", "gidNumber", "homeDirectory", "loginShell", "title"};

struct connection {
  int fd;
  uint32_t next_id;
  uint64_t sent_at[MAX_DEPTH];
  unsigned char in[IN_BYTES];
  size_t in_length;
};

static struct connection connections[MAX_CONNECTIONS];
static uint32_t *samples;
static size_t sample_count;
static uint64_t completed, entries, failed;
static const char *base_dn;
static int users, depth, in_turn, next_user;
static uint64_t seed = 88172645463325252ull;

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static uint32_t random_below(uint32_t n) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (uint32_t)(seed % n);
}

static void die(const char *what) {
  fprintf(stderr, "search-load: %s: %s\n", what, strerror(errno));
  exit(1);
}

/* Puts a header in front of content that ends at `end` and starts at `at`; returns the new start. Written backwards. */
static unsigned char *header(unsigned char *at, unsigned char *end, unsigned char tag) {
  size_t length = (size_t)(end - at);
  if (length < 128) *--at = (unsigned char)length;
  else if (length < 256) { *--at = (unsigned char)length; *--at = 0x81; }
  else { *--at = (unsigned char)(length & 255); *--at = (unsigned char)(length >> 8); *--at = 0x82; }
  *--at = tag;
  return at;
}

static unsigned char *octets(unsigned char *at, const char *text, unsigned char tag) {
  unsigned char *end = at;
  size_t length = strlen(text);
  at -= length;
  memcpy(at, text, length);
  return header(at, end, tag);
}

static unsigned char *number(unsigned char *at, uint32_t value, unsigned char tag) {
  unsigned char *end = at;
  do { *--at = (unsigned char)(value & 255); value >>= 8; } while (value != 0);
  if (*at & 0x80) *--at = 0;
  return header(at, end, tag);
}

static void send_all(int fd, const unsigned char *bytes, size_t length) {
  while (length > 0) {
    ssize_t n = send(fd, bytes, length, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) die("send");
    bytes += n;
    length -= (size_t)n;
  }
}

static size_t encode_search(unsigned char *buffer, size_t size, uint32_t id) {
  unsigned char *end = buffer + size, *at = end, *op_end = end, *list_end = end;
  char uid[32];
  snprintf(uid, sizeof uid, "user%06u", in_turn ? (uint32_t)next_user++ % (uint32_t)users : random_below((uint32_t)users));
  for (int i = (int)(sizeof attributes / sizeof *attributes) - 1; i >= 0; i--) at = octets(at, attributes[i], 0x04);
  at = header(at, list_end, 0x30);
  unsigned char *filter_end = at;
  at = octets(at, uid, 0x04);
  at = octets(at, "uid", 0x04);
  at = header(at, filter_end, 0xa3);
  *--at = 0; *--at = 1; *--at = 0x01; /* typesOnly */
  at = number(at, 0, 0x02);
  at = number(at, 0, 0x02);
  at = number(at, 0, 0x0a); /* never deref */
  at = number(at, 2, 0x0a); /* whole subtree */
  at = octets(at, base_dn, 0x04);
  at = header(at, op_end, 0x63);
  at = number(at, id, 0x02);
  at = header(at, end, 0x30);
  memmove(buffer, at, (size_t)(end - at));
  return (size_t)(end - at);
}

static void send_searches(struct connection *c, int count) {
  static unsigned char out[MAX_DEPTH * 512];
  size_t length = 0;
  for (int i = 0; i < count; i++) {
    unsigned char one[512];
    size_t n = encode_search(one, sizeof one, c->next_id);
    memcpy(out + length, one, n);
    length += n;
    c->sent_at[c->next_id % (uint32_t)depth] = now_ns();
    c->next_id = c->next_id == 0x7fffff ? 1 : c->next_id + 1;
  }
  send_all(c->fd, out, length);
}

/* Length of the element at the front, header included; 0 when it is not whole yet. */
static size_t whole(const unsigned char *p, size_t have, size_t *header_length) {
  if (have < 2) return 0;
  size_t length = p[1], at = 2;
  if (length & 0x80) {
    size_t n = length & 0x7f;
    if (have < 2 + n) return 0;
    length = 0;
    for (size_t i = 0; i < n; i++) length = length << 8 | p[at++];
  }
  *header_length = at;
  return have < at + length ? 0 : at + length;
}

/* Takes in what has come; returns how many searches were completed. */
static int receive(struct connection *c, int binding) {
  ssize_t n = recv(c->fd, c->in + c->in_length, IN_BYTES - c->in_length, 0);
  if (n <= 0) die("connection closed by the server");
  c->in_length += (size_t)n;
  size_t at = 0, head = 0;
  int done = 0;
  for (size_t size; (size = whole(c->in + at, c->in_length - at, &head)) != 0; at += size) {
    const unsigned char *p = c->in + at + head;
    uint32_t id = 0;
    for (int i = 0; i < p[1]; i++) id = id << 8 | p[2 + i];
    const unsigned char *op = p + 2 + p[1];
    if (op[0] == 0x64) { entries++; continue; }
    if (op[0] != (binding ? 0x61 : 0x65)) { fprintf(stderr, "search-load: unexpected answer 0x%02x\n", op[0]); exit(1); }
    size_t op_head = 2;
    if (op[1] & 0x80) op_head += op[1] & 0x7f;
    if (op[op_head + 2] != 0) failed++;
    done++;
    if (binding) continue;
    completed++;
    if (sample_count < MAX_SAMPLES) samples[sample_count++] = (uint32_t)((now_ns() - c->sent_at[id % (uint32_t)depth]) / 100);
  }
  memmove(c->in, c->in + at, c->in_length - at);
  c->in_length -= at;
  return done;
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

static void connect_and_bind(struct connection *c, const char *host, int port, const char *dn, const char *password) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int on = 1;
  inet_pton(AF_INET, host, &to.sin_addr);
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0) die("connect");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  unsigned char buffer[1024], *end = buffer + sizeof buffer, *at = end;
  at = octets(at, password, 0x80);
  at = octets(at, dn, 0x04);
  at = number(at, 3, 0x02);
  at = header(at, end, 0x60);
  at = number(at, 1, 0x02);
  at = header(at, end, 0x30);
  send_all(c->fd, at, (size_t)(end - at));
  while (receive(c, 1) == 0) {}
  if (failed) { fprintf(stderr, "search-load: the bind was refused\n"); exit(1); }
  c->next_id = 2;
}

static int by_value(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
  if (argc < 10) { fprintf(stderr, "usage: search-load HOST PORT BIND-DN PASSWORD BASE-DN USERS CONNECTIONS DEPTH SECONDS [PID...]\n"); return 2; }
  base_dn = argv[5];
  users = atoi(argv[6]);
  int count = atoi(argv[7]);
  depth = atoi(argv[8]);
  double seconds = atof(argv[9]);
  if (count < 1 || count > MAX_CONNECTIONS || depth < 1 || depth > MAX_DEPTH || seconds > 60) return 2;
  samples = malloc(sizeof *samples * MAX_SAMPLES);
  int poll = epoll_create1(0);
  for (int i = 0; i < count; i++) {
    connect_and_bind(&connections[i], argv[1], atoi(argv[2]), argv[3], argv[4]);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
    epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].fd, &event);
  }
  in_turn = seconds == 0;
  uint64_t ticks = cpu_ticks(argc - 10, argv + 10);
  uint64_t start = now_ns(), stop = start + (uint64_t)(seconds * 1e9);
  for (int i = 0; i < count; i++) send_searches(&connections[i], depth);
  while (in_turn ? completed < (uint64_t)users : now_ns() < stop) {
    struct epoll_event events[MAX_CONNECTIONS];
    int n = epoll_wait(poll, events, MAX_CONNECTIONS, 100);
    for (int i = 0; i < n; i++) {
      struct connection *c = &connections[events[i].data.u32];
      int done = receive(c, 0);
      if (done > 0) send_searches(c, done);
    }
  }
  double took = (double)(now_ns() - start) / 1e9;
  ticks = cpu_ticks(argc - 10, argv + 10) - ticks;
  qsort(samples, sample_count, sizeof *samples, by_value);
  size_t last = sample_count == 0 ? 0 : sample_count - 1;
  printf("{\"searchesPerSecond\":%.0f,\"entriesPerSearch\":%.3f,\"failed\":%llu,\"p50us\":%.1f,\"p99us\":%.1f,\"cpuUs\":%.1f}\n",
         (double)completed / took, completed ? (double)entries / (double)completed : 0, (unsigned long long)failed,
         samples[last / 2] / 10.0, samples[(size_t)((double)last * 0.99)] / 10.0,
         completed ? (double)ticks * 10000 / (double)completed : 0);
  return 0;
}
