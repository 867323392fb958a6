# How long bodies take to cool from 90 to 30 degrees: one row of points.csv for each, one row of
# results.csv, with its number. A program like this costs more for its start than for one body more.
BEGIN { FS = OFS = ","; print "body,time,loss" > "results.csv" }
NR > 1 {
    k = $2; outside = $3; T = 90; t = 0; loss = 0
    while (T > 30 && t < 1000) { step = 0.05 * k * (T - outside); T -= step; loss += step; t += 0.05 }
    print $1, (t < 1000 ? t : "nan"), loss > "results.csv"
}
