/* A rank that says where and when it lives: rank DIRECTORY LAUNCH SECONDS [stubborn]
 *
 * It appends the time, every 10 ms, to DIRECTORY/LAUNCH.RANK.HOST.PID, so that what is there is what was, however it ended.
 * A stubborn one ignores SIGTERM. */
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
    int rank, size;
    char host[64], path[4096];
    if (argc > 4 && !strcmp(argv[4], "stubborn")) signal(SIGTERM, SIG_IGN);
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    gethostname(host, sizeof host);
    snprintf(path, sizeof path, "%s/%s.%d.%s.%d", argv[1], argv[2], rank, host, (int)getpid());
    FILE *file = fopen(path, "a");
    if (!file) MPI_Abort(MPI_COMM_WORLD, 3);
    for (double end = now() + atof(argv[3]); now() < end;) {
        fprintf(file, "%.6f\n", now());
        fflush(file);
        usleep(10000);
    }
    MPI_Finalize();
    if (!rank) printf("ranks = %d\n", size);
    return 0;
}
