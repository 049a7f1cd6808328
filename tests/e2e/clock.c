// The time of a server under test, loaded by LD_PRELOAD: what the file TESSERA_CLOCK says, in seconds since 1970 as an int64.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t* now_s;

int clock_gettime(clockid_t clock, struct timespec* time) {
  if (clock != CLOCK_REALTIME) return (int)syscall(SYS_clock_gettime, clock, time);
  if (!now_s) now_s = mmap(NULL, sizeof *now_s, PROT_READ, MAP_SHARED, open(getenv("TESSERA_CLOCK"), O_RDONLY), 0);
  *time = (struct timespec){.tv_sec = *now_s};
  return 0;
}
