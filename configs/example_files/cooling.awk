# How long bodies take to cool from 90 to 30 degrees: one row of points.csv for each, one row of
# results.csv. A program like this costs more for its start than for one body more.
BEGIN { FS = OFS = ","; print "time,loss" > "results.csv" }
NR > 1 {
    k = $1; outside = $2; T = 90; t = 0; loss = 0
    while (T > 30 && t < 1000) { step = 0.05 * k * (T - outside); T -= step; loss += step; t += 0.05 }
    print (t < 1000 ? t : "nan"), loss > "results.csv"
}
