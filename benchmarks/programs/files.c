/* What the file system alone costs: files N DIR makes N directories with two small files each. */
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_file(const char *directory, const char *name)
{
    static const char text[] = "output,success,x,y,run_dir\n0.123456789,True,0.123456789,0.987654321,data/d0_b0_s0_r0\n";
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0 || write(file, text, strlen(text)) < 0) {
        perror(path);
        exit(1);
    }
    close(file);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    long samples = atol(argv[1]);
    char directory[4096];
    for (long sample = 0; sample < samples; sample++) {
        snprintf(directory, sizeof directory, "%s/d0_b0_s%ld_r0", argv[2], sample);
        if (mkdir(directory, 0777)) {
            perror(directory);
            return 1;
        }
        write_file(directory, "input.txt");
        write_file(directory, "output.txt");
    }
    return 0;
}
