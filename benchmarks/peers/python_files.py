"""What the file system alone costs, from Python: a directory and two small files for each
sample.
"""

import os

import work

TEXT = b"output,success,x,y,run_dir\n0.123456789,True,0.123456789,0.987654321,data/d0_b0_s0_r0\n"

if __name__ == "__main__":
    _, samples, root, _ = work.arguments()
    for sample in range(samples):
        directory = work.make_directory(root, sample)
        for name in ("input.txt", "output.txt"):
            file = os.open(f"{directory}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
            os.write(file, TEXT)
            os.close(file)
