/* A slower disk: every fsync and fdatasync takes BENCH_FLUSH_US microseconds longer. For LD_PRELOAD; the flush itself is done as well.
 *
 * The thread that flushes sleeps, as it would while a disk turns; other threads and processes go on. Calls that the C library makes
 * inside itself are not seen; SQLite and PostgreSQL call through the table of symbols.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void turn(void)
{
    const char *given = getenv("BENCH_FLUSH_US");
    long us = given ? atol(given) : 0;
    struct timespec pause = {us / 1000000, (us % 1000000) * 1000};
    if (us > 0)
        nanosleep(&pause, 0);
}

static int flush(const char *name, int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    turn();
    return real(fd);
}

int fsync(int fd) { return flush("fsync", fd); }

int fdatasync(int fd) { return flush("fdatasync", fd); }
