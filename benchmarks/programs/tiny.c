/* A simulation code of a microsecond: reads x and y from input.txt, writes f to output.txt. */
#include <math.h>
#include <stdio.h>

int main(void)
{
    double x, y;
    FILE *file = fopen("input.txt", "r");
    if (!file || fscanf(file, " x = %lf y = %lf", &x, &y) != 2)
        return 2;
    fclose(file);
    file = fopen("output.txt", "w");
    if (!file)
        return 3;
    fprintf(file, "f = %.17g\n", exp(-((x - 0.3) * (x - 0.3) + (y - 0.3) * (y - 0.3)) / 0.02) + 0.2 * x + 0.1 * y);
    return fclose(file) ? 3 : 0;
}
