# A tiny "simulation code": reads its input deck, writes a table and a JSON summary.
{ value[$1] = $2 }
END {
    for (step = 0; step <= value["steps"]; step++) {
        t = step / value["steps"] * 10
        amplitude = exp(-value["damping"] * t) * cos(6.283185 * value["frequency"] * t)
        print t, amplitude > "trace.dat"
        energy += amplitude * amplitude
    }
    printf "{\"energy\": %.8f, \"steps\": %d}\n", energy / value["steps"], value["steps"] > "summary.json"
    if (value["damping"] > 0.9) { print "overdamped" > "/dev/stderr"; exit 3 }
    print "converged"
}
