/* The limit that the gateway is measured against: subscribe to one topic of an MQTT broker, and for every message whose
 * "value" is over the limit write one fixed line to a TCP peer. No journal, no rules, no audit: only the wire.
 *
 * usage: relay BROKER_PORT TOPIC LIMIT PEER_PORT
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int dial(int port)
{
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(port)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&where, sizeof where) != 0) {
        perror("relay: connect");
        exit(1);
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void subscribe(int broker, const char *topic)
{
    static const unsigned char hello[] = {0x10, 17, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 5, 'r', 'e', 'l', 'a', 'y'};
    unsigned char ask[256], answer[16];
    size_t length = strlen(topic);
    if (length > 120 || write(broker, hello, sizeof hello) != sizeof hello || read(broker, answer, 4) != 4 || answer[3] != 0) {
        fprintf(stderr, "relay: the broker did not accept the connection\n");
        exit(1);
    }
    ask[0] = 0x82, ask[1] = (unsigned char)(length + 5), ask[2] = 0, ask[3] = 1, ask[4] = 0, ask[5] = (unsigned char)length;
    memcpy(ask + 6, topic, length);
    ask[6 + length] = 0;
    if (write(broker, ask, 7 + length) != (ssize_t)(7 + length) || read(broker, answer, 5) != 5) {
        fprintf(stderr, "relay: the broker did not accept the subscription\n");
        exit(1);
    }
}

/* Act on one whole PUBLISH (QoS 0): payload behind the topic. */
static void act(const unsigned char *packet, size_t size, double limit, int peer)
{
    static const char line[] = "VIDEO OUTPUT ROUTING:\n0 1\n1 1\n2 1\n3 1\n\n";
    char payload[512];
    size_t topic = 2 + ((size_t)packet[0] << 8 | packet[1]);
    const char *value;
    if (topic > size || size - topic >= sizeof payload)
        return;
    memcpy(payload, packet + topic, size - topic);
    payload[size - topic] = 0;
    value = strstr(payload, "\"value\":");
    if (value && atof(value + 8) > limit && write(peer, line, sizeof line - 1) < 0)
        perror("relay: write");
}

int main(int count, char **words)
{
    static unsigned char buffer[1 << 18];
    size_t have = 0;
    if (count != 5) {
        fprintf(stderr, "usage: relay BROKER_PORT TOPIC LIMIT PEER_PORT\n");
        return 2;
    }
    int broker = dial(atoi(words[1])), peer = dial(atoi(words[4]));
    double limit = atof(words[3]);
    subscribe(broker, words[2]);
    puts("ready");
    fflush(stdout);
    for (;;) {
        ssize_t got = read(broker, buffer + have, sizeof buffer - have);
        size_t at = 0;
        if (got <= 0)
            return 0;
        have += (size_t)got;
        while (have - at >= 2) {
            size_t length = 0, head = 1, shift = 0;
            while (at + head < have && buffer[at + head] & 0x80)
                length |= (size_t)(buffer[at + head++] & 0x7f) << shift, shift += 7;
            if (at + head >= have)
                break;
            length |= (size_t)buffer[at + head++] << shift;
            if (at + head + length > have)
                break;
            if ((buffer[at] & 0xf0) == 0x30)
                act(buffer + at + head, length, limit, peer);
            at += head + length;
        }
        memmove(buffer, buffer + at, have -= at);
    }
}
