"""The PyTorch side of score-training.mjs: for each number of threads on standard input, the milliseconds per step."""

import math
import sys
import time

import torch
from torch import nn

batch, steps = int(sys.argv[1]), int(sys.argv[2])
torch.manual_seed(0)
frequencies = 1000.0 * 1e4 ** (-torch.arange(8) / 8)


class ScoreMlp(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.input = nn.Linear(1, width)
        self.time = nn.Linear(16, width, bias=False)
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(2))
        self.output = nn.Linear(width, 1)

    def forward(self, x, t):
        angles = t[:, None] * frequencies
        h = nn.functional.silu(self.input(x) + self.time(torch.cat([angles.cos(), angles.sin()], 1)))
        for layer in self.hidden:
            h = nn.functional.silu(layer(h))
        return self.output(h)


model, average = ScoreMlp(), ScoreMlp()
optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0)


def step():
    x0 = torch.where(torch.rand(batch, 1) < 0.5, -3.0, 3.0) + 0.5 * torch.randn(batch, 1)
    t = 1e-3 + (1 - 1e-3) * (torch.arange(batch) + torch.rand(batch)) / batch
    integral = 0.1 * t + 9.95 * t * t
    alpha, sigma = torch.exp(-0.5 * integral)[:, None], torch.sqrt(-torch.expm1(-integral))[:, None]
    noise = torch.randn(batch, 1)
    error = model(alpha * x0 + sigma * noise, t) - (alpha * noise - sigma * x0)
    loss = (alpha ** 2 * error ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    with torch.no_grad():
        for kept, new in zip(average.parameters(), model.parameters()):
            kept.lerp_(new, 1e-3)
    assert math.isfinite(loss.item())


print(torch.__version__, flush=True)
for line in sys.stdin:
    torch.set_num_threads(int(line))
    start = time.perf_counter()
    for _ in range(steps):
        step()
    print((time.perf_counter() - start) * 1e3 / steps, flush=True)
