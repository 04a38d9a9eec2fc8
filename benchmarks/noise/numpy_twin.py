"""The numpy side of keyed-noise.mjs: for each shape on standard input, nanoseconds per standard_normal number."""

import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np

numbers_per_turn = int(sys.argv[1])
generator = np.random.default_rng(1)
print(np.__version__, flush=True)
for line in sys.stdin:
    shape = tuple(int(length) for length in line.split("x"))
    count = int(np.prod(shape))
    steps = -(-numbers_per_turn // count)
    start = time.perf_counter()
    for _ in range(steps):
        generator.standard_normal(shape)
    print((time.perf_counter() - start) * 1e9 / (steps * count), flush=True)
