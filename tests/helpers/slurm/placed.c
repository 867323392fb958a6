/* A rank that says where it lives and with what: placed DIRECTORY SAMPLE SECONDS
 *
 * It writes one line to DIRECTORY/SAMPLE.RANK.PID, anew every 10 ms, whose last word is the time of that sign of life:
 * rank size host CPUs GPUs threads slot began last. With a fourth argument it ignores SIGTERM. */
#define _GNU_SOURCE
#include <mpi.h>
#include <sched.h>
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

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : "-";
}

int main(int argc, char **argv) {
    int rank, size;
    char host[64], path[4096], cpus[4096] = "";
    cpu_set_t mask;
    double began = now();
    if (argc > 4) signal(SIGTERM, SIG_IGN);
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    gethostname(host, sizeof host);
    sched_getaffinity(0, sizeof mask, &mask);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &mask)) sprintf(cpus + strlen(cpus), "%s%d", *cpus ? "," : "", cpu);
    snprintf(path, sizeof path, "%s/%s.%d.%d", argv[1], argv[2], rank, (int)getpid());
    FILE *file = fopen(path, "w");
    if (!file) MPI_Abort(MPI_COMM_WORLD, 3);
    for (double end = now() + atof(argv[3]); now() < end;) {
        rewind(file);  /* every line is as long: whole at each instant, also when this is killed */
        fprintf(file, "%d %d %s %s %s %s %s %.6f %.6f\n", rank, size, host, cpus, variable("CUDA_VISIBLE_DEVICES"),
                variable("OMP_NUM_THREADS"), variable("ENCHANTED_SLOT"), began, now());
        fflush(file);
        usleep(10000);
    }
    MPI_Finalize();
    if (!rank) printf("ranks = %d\n", size);
    return 0;
}
