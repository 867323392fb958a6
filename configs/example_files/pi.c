/* Integrate 4 / (1 + x^2) over 0 ... 1 in so many steps, which gives pi: by the threads of one
   process, or by many of them (compiled with mpicc). Prints pi, and what it has computed with. */
#include <stdio.h>
#include <stdlib.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#ifdef USE_MPI
#include <mpi.h>
#endif

int main(int argc, char **argv)
{
    long steps = argc > 1 ? atol(argv[1]) : 1000000;
    int rank = 0, ranks = 1, threads = 1;
    double sum = 0, pi;
#ifdef USE_MPI
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
#endif
#ifdef _OPENMP
    threads = omp_get_max_threads();
#endif
#pragma omp parallel for reduction(+ : sum)
    for (long i = rank; i < steps; i += ranks) {
        double x = (i + 0.5) / steps;
        sum += 4 / (1 + x * x);
    }
    pi = sum / steps;
#ifdef USE_MPI
    sum = pi;
    MPI_Reduce(&sum, &pi, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
    MPI_Finalize();
#endif
    if (rank == 0)
        printf("pi = %.12f by %d ranks with %d threads\n", pi, ranks, threads);
    return 0;
}
