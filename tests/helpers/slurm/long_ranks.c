/* A parallel code that writes checkpoints: long_ranks LOG STEPS MILLISECONDS
 *
 * Each rank writes down when it is told by SIGUSR1. When one has been, all end after their step with
 * exit code 85; rank 0 writes a checkpoint after each step. */
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t told = 0;
static void on_signal(int number) { (void)number; told += 1; }

static void say(const char *log, const char *what, int rank, int step) {
    char host[64], line[256], where[512];
    struct timeval now;
    gettimeofday(&now, NULL);
    gethostname(host, sizeof host);
    if (getcwd(where, sizeof where) == NULL) return;
    const char *name = where;
    for (const char *at = where; *at; at++) if (*at == '/') name = at + 1;
    const char *restart = getenv("ENCHANTED_RESTART");
    snprintf(line, sizeof line, "%ld.%04ld %s %d@%s:%d %s %d %s\n", (long)now.tv_sec,
             (long)now.tv_usec / 100, name, rank, host, (int)getpid(), what, step,
             restart ? restart : "-");
    FILE *file = fopen(log, "a");
    if (file) { fputs(line, file); fclose(file); }
}

int main(int argc, char **argv) {
    int rank, step = 0, steps = atoi(argv[2]), milliseconds = atoi(argv[3]);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &action, NULL);
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    FILE *file = fopen("restart.dat", "r");
    if (file) { if (fscanf(file, "%d", &step) != 1) return 1; fclose(file); }
    MPI_Barrier(MPI_COMM_WORLD);
    say(argv[1], "from", rank, step);
    int heard = 0;
    while (step < steps) {
        struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
        while (nanosleep(&pause, &pause)) {}
        step += 1;
        if (rank == 0) {
            file = fopen("restart.new", "w");
            fprintf(file, "%d", step);
            fclose(file);
            rename("restart.new", "restart.dat");
        }
        say(argv[1], "wrote", rank, step);
        int mine = told, all;
        if (mine && !heard) { heard = 1; say(argv[1], mine > 1 ? "twice" : "told", rank, step); }
        MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
        if (all && step < steps) {
            say(argv[1], "stops", rank, step);
            MPI_Barrier(MPI_COMM_WORLD);
            MPI_Finalize();
            return 85;
        }
    }
    say(argv[1], "done", rank, step);
    if (rank == 0) printf("result = %g\n", 1.5 * step);
    MPI_Finalize();
    return 0;
}
