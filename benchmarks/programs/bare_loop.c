/* The floor of an external campaign: bare_loop N DIR PROGRAM. For each sample a directory, an input file, the program (two at a
   time), its output read back, one row of a CSV file. No record of what has run, no check, no time limit. */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOTS 2

extern char **environ;

struct slot { pid_t pid; double x, y; char directory[4096]; };

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void start(struct slot *slot, const char *root, long sample, long samples, char *program)
{
    char path[4200];
    slot->x = (double)sample / samples;
    slot->y = 1.0 - slot->x;
    snprintf(slot->directory, sizeof slot->directory, "%s/d0_b0_s%ld_r0", root, sample);
    if (mkdir(slot->directory, 0777))
        die(slot->directory);
    snprintf(path, sizeof path, "%s/input.txt", slot->directory);
    FILE *file = fopen(path, "w");
    if (!file)
        die(path);
    fprintf(file, "x = %.17g\ny = %.17g\n", slot->x, slot->y);
    fclose(file);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, slot->directory);
    char *argv[] = {program, NULL};
    if (posix_spawn(&slot->pid, program, &actions, NULL, argv, environ))
        die(program);
    posix_spawn_file_actions_destroy(&actions);
}

static void collect(struct slot *slot, int status, FILE *dataset)
{
    char path[4200];
    double f = 0;
    snprintf(path, sizeof path, "%s/output.txt", slot->directory);
    FILE *file = fopen(path, "r");
    int success = WIFEXITED(status) && WEXITSTATUS(status) == 0 && file && fscanf(file, "f = %lf", &f) == 1;
    if (file)
        fclose(file);
    fprintf(dataset, "%.17g,%d,%.17g,%.17g,%s\n", f, success, slot->x, slot->y, slot->directory);
    slot->pid = 0;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    long samples = atol(argv[1]), begun = 0, running = 0;
    char path[4200];
    struct slot slots[SLOTS] = {{0}};
    snprintf(path, sizeof path, "%s/dataset.csv", argv[2]);
    FILE *dataset = fopen(path, "w");
    if (!dataset)
        die(path);
    fputs("f,success,x,y,run_dir\n", dataset);
    while (begun < samples || running) {
        for (int i = 0; i < SLOTS; i++)
            if (!slots[i].pid && begun < samples) {
                start(&slots[i], argv[2], begun++, samples, argv[3]);
                running++;
            }
        int status;
        pid_t pid = wait(&status);
        for (int i = 0; i < SLOTS; i++)
            if (slots[i].pid == pid) {
                collect(&slots[i], status, dataset);
                running--;
            }
    }
    return fclose(dataset) ? 1 : 0;
}
