"""The numpy side of forward-simulation.mjs: for each float type on standard input, the seconds of the same steps."""

import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np

points, steps = int(sys.argv[1]), int(sys.argv[2])
generator = np.random.default_rng(0)
print(np.__version__, flush=True)
for line in sys.stdin:
    dtype = np.dtype(line.strip())
    x = generator.standard_normal((points, 1), dtype=dtype)
    dt = dtype.type(1e-3)
    start = time.perf_counter()
    for step in range(steps):
        beta = 0.1 + 19.9 * step * 1e-3
        drift = dtype.type(-0.5 * beta) * x
        x = x + drift * dt + dtype.type(np.sqrt(beta * 1e-3)) * generator.standard_normal((points, 1), dtype=dtype)
    print(time.perf_counter() - start, flush=True)
