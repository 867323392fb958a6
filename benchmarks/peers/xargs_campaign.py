"""xargs -P 2, or GNU parallel -j 2 where its path is given: a shell for each program, directories
and outputs handled beside it.
"""

import subprocess
import sys

import work

if __name__ == "__main__":
    _, samples, root, program = work.arguments()
    tool = [sys.argv[5], "-j", "2", f"cd {{}} && exec {program}"] if len(sys.argv) > 5 else None
    directories = "\n".join(work.prepare_all(samples, root))
    xargs = ["xargs", "-P", "2", "-I{}", "sh", "-c", 'cd "$1" && exec "$2"', "sh", "{}", program]
    subprocess.run(tool or xargs, input=directories, text=True, check=True)
    work.collect_all(samples, root)
