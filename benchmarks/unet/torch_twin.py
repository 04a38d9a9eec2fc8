"""The same networks in PyTorch, written with its own layers and with features laid behind each other by `torch.cat`.

One request per line of standard input, one answer per line of standard output, both JSON; the first line is the version.

    {"network": …, "params": {name: {"shape", "data"}}, "x": …, "t": […], "labels": […], "weights": …, "direction": …, "xDirection": …}
        → {"parameters": n, "output": […], "derivative": n, "xDerivative": n}, the derivatives of the sum of weights × output
          along those directions of the parameters and of x
    {"network": …, "time": "forward" | "step", "threads": n, "batch": n, "steps": n, "layout": "contiguous" | "channels_last"}
        → milliseconds per step; the layout is contiguous where none is given

    {"network": …, "time": "step" | "forward" | "sample", "batch": n, "steps": n, "device": "cuda" | "cpu", "compile": true | false}
        → {"milliseconds": …, "parameters": n, "bytesInUse": …, "bytesAllocated": …} or {"error": …}: per step, after one that is not counted, with nothing
          left to do on the device; float32 without TF32, the loss read at each step; the memory of a card at its highest
    {"machine": true}
        → {"cuda": version or null, "card": …, "compile": whether there is torch.compile}
    {"build": true}
        → what the installed PyTorch was built with

"network" holds the settings of unet() or, with "kind": "classifier", of noisyClassifier(), every default filled in;
"frequencies" are those of Fourier features. Arrays are float32 in base64; outputs are computed in float64.
"""

import base64
import inspect
import json
import math
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    def __init__(self, inputs, joined, channels, groups, time_width):
        super().__init__()
        total = inputs + joined
        self.norm1 = nn.GroupNorm(2 * groups if joined else groups, total)
        self.conv1 = nn.Conv2d(total, channels, 3, padding=1, bias=False)
        self.time = nn.Linear(time_width, channels)
        self.norm2 = nn.GroupNorm(groups, channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.skip = nn.Conv2d(total, channels, 1, bias=False) if total != channels else nn.Identity()

    def forward(self, x, time, joined=None):
        if joined is not None:
            x = torch.cat([x, joined], 1)
        h = self.conv1(functional.silu(self.norm1(x))) + self.time(time)[:, :, None, None]
        return self.skip(x) + self.conv2(functional.silu(self.norm2(h)))


class Attention(nn.Module):
    def __init__(self, channels, groups):
        super().__init__()
        self.norm = nn.GroupNorm(groups, channels)
        self.query, self.key, self.value, self.output = (nn.Linear(channels, channels) for _ in range(4))

    def forward(self, x):
        rows = self.norm(x).flatten(2).transpose(1, 2)
        weights = torch.softmax(self.query(rows) @ self.key(rows).transpose(1, 2) / math.sqrt(x.shape[1]), -1)
        return x + self.output(weights @ self.value(rows)).transpose(1, 2).reshape(x.shape)


class Network(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.settings = network
        widths = [network["baseWidth"] * multiplier for multiplier in network["multipliers"]]
        groups, time_width = network["groups"], 4 * network["baseWidth"]
        blocks, levels, attending = network["blocksPerLevel"], len(widths), network["attentionLevels"]
        time_0 = nn.Linear(network["timeFeatures"], time_width)
        self.add_module("time", nn.ModuleList([time_0, nn.Linear(time_width, time_width)]))
        self.label = nn.Linear(network["classes"], time_width, bias=False) if network.get("classes") and not self.classifies else None
        self.input = nn.Conv2d(network["channels"], widths[0], 3, padding=1)
        attention = lambda level: Attention(widths[level], groups) if level in attending and level < levels - 1 else None

        def level_of(level, inputs, joined):
            part = nn.Module()
            part.block = nn.ModuleList(Block(inputs if i == 0 else widths[level], joined, widths[level], groups, time_width) for i in range(blocks))
            part.attention = nn.ModuleList(attention(level) for _ in range(blocks)) if attention(level) else None
            return part

        self.down = nn.ModuleList(level_of(level, widths[max(level - 1, 0)], 0) for level in range(levels))
        for level in range(levels - 1):
            self.down[level].downsample = nn.Conv2d(widths[level], widths[level], 3, stride=2, padding=1)
        self.middle = nn.Module()
        self.middle.block = nn.ModuleList(Block(widths[-1], 0, widths[-1], groups, time_width) for _ in range(2))
        self.middle.attention = Attention(widths[-1], groups) if levels - 1 in attending else None
        self.output = nn.Module()
        if self.classifies:
            self.output.norm = nn.GroupNorm(groups, widths[-1])
            self.output.logits = nn.Linear(widths[-1], network["classes"])
            return
        self.up = nn.ModuleList(level_of(level, widths[level], widths[level]) for level in range(levels))
        for level in range(1, levels):
            self.up[level].upsample = nn.Conv2d(widths[level], widths[level - 1], 3, padding=1)
        self.output.norm = nn.GroupNorm(groups, widths[0])
        self.output.conv = nn.Conv2d(widths[0], network["channels"], 3, padding=1)

    @property
    def classifies(self):
        return self.settings.get("kind") == "classifier"

    def features(self, t):
        half, scale = self.settings["timeFeatures"] // 2, self.settings["timeScale"]
        if self.settings["timeEmbedding"] == "fourier":
            angles = 2 * math.pi * t[:, None] * torch.tensor(self.settings["frequencies"], dtype=t.dtype, device=t.device)
        else:
            angles = scale * t[:, None] * 1e4 ** (-torch.arange(half, dtype=t.dtype, device=t.device) / half)
        return torch.cat([angles.cos(), angles.sin()], 1)

    def forward(self, x, t, labels=None):
        time = self.time[1](functional.silu(self.time[0](self.features(t))))
        if labels is not None:
            classes = self.settings["classes"]
            time = time + self.label(functional.one_hot(labels, classes + 1)[:, :classes].to(t.dtype))
        time = functional.silu(time)
        h, seen = self.input(x), []
        for level in self.down:
            for i, block in enumerate(level.block):
                h = block(h, time)
                h = level.attention[i](h) if level.attention else h
                seen.append(h)
            h = level.downsample(h) if hasattr(level, "downsample") else h
        h = self.middle.block[0](h, time)
        h = self.middle.attention(h) if self.middle.attention else h
        h = self.middle.block[1](h, time)
        if self.classifies:
            return self.output.logits(functional.silu(self.output.norm(h)).mean([2, 3]))
        for level in reversed(self.up):
            for i, block in enumerate(level.block):
                h = block(h, time, seen.pop())
                h = level.attention[i](h) if level.attention else h
            if hasattr(level, "upsample"):
                h = level.upsample(functional.interpolate(h, scale_factor=2, mode="nearest"))
        return self.output.conv(functional.silu(self.output.norm(h)))


def array(packed):
    values = numpy.frombuffer(base64.b64decode(packed["data"]), dtype="<f4").reshape(packed["shape"])
    return torch.tensor(values, dtype=torch.float64)


def load(model, params):
    """Our parameters into the modules, each used once; where a block looks at joined features, theirs behind its own."""
    left = {name: array(packed) for name, packed in params.items()}

    def take(module, kind):
        own = left.pop(f"{module}.{kind}")
        path, _, layer = module.rpartition(".")
        joined = left.pop(f"{path}.joined.{layer}.{kind}", None)
        return own if joined is None else torch.cat([own, joined], own.dim() - 2 if kind == "kernel" else 0)

    for name, module in model.named_modules():
        if isinstance(module, nn.GroupNorm):
            values = {"weight": take(name, "scale"), "bias": take(name, "shift")}
        elif isinstance(module, nn.Conv2d):
            values = {"weight": take(name, "kernel").permute(3, 2, 0, 1)}
        elif isinstance(module, nn.Linear):
            values = {"weight": take(name, "kernel").t()}
        else:
            continue
        if values.get("bias") is None and module.bias is not None:
            values["bias"] = take(name, "bias")
        module.load_state_dict(values)
    assert not left, f"not used: {sorted(left)}"


def outputs(request):
    model, direction = (Network(request["network"]).double() for _ in range(2))
    load(model, request["params"])
    load(direction, request["direction"])
    images = lambda name: array(request[name]).permute(0, 3, 1, 2)
    x, t = images("x").requires_grad_(), torch.tensor(request["t"], dtype=torch.float64)
    labels = torch.tensor(request["labels"]) if "labels" in request else None
    output = model(x, t, labels)
    output = output if output.dim() == 2 else output.permute(0, 2, 3, 1)
    (output * array(request["weights"])).sum().backward()
    along = sum((p.grad * d).sum() for p, d in zip(model.parameters(), direction.parameters()))
    return json.dumps({
        "parameters": sum(p.numel() for p in model.parameters()),
        "derivative": along.item(),
        "xDerivative": (x.grad * images("xDirection")).sum().item(),
        "output": [float(f"{value:.7g}") for value in output.flatten().tolist()],
    })


timed = {}


def works(request):
    """What is timed: functions without arguments, by name, on a network that is made once."""
    network, batch, device, compiled = request["network"], request["batch"], request.get("device", "cpu"), request.get("compile", False)
    layout = torch.channels_last if request.get("layout") == "channels_last" else torch.contiguous_format
    key = json.dumps([network, str(layout), device, compiled])
    if key not in timed:
        torch.manual_seed(0)
        models = [Network(network).to(device=device, memory_format=layout) for _ in range(2)]
        fused = {"foreach": True} if "foreach" in inspect.signature(torch.optim.AdamW).parameters else {}
        optimizer = torch.optim.AdamW(models[0].parameters(), lr=1e-4, weight_decay=0, **fused)
        timed[key] = (torch.compile(models[0], dynamic=False) if compiled else models[0], *models, optimizer)
    call, model, average, optimizer = timed[key]
    kept, new = list(average.parameters()), list(model.parameters())
    x = torch.randn(batch, network["channels"], network["height"], network["width"], device=device).contiguous(memory_format=layout)
    t = torch.rand(batch, device=device)

    def step():
        loss = ((call(x, t) - x) ** 2).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            torch._foreach_mul_(kept, 1 - 1e-3)
            torch._foreach_add_(kept, new, alpha=1e-3)
        return loss

    def forward():
        with torch.no_grad():
            call(x, t)

    state = x.clone()

    def sample(h=1e-3, beta=10.0, sigma=0.9):
        """A step of Euler–Maruyama along the reverse of a VP SDE; its time does not hang on t."""
        with torch.no_grad():
            drift = 0.5 * beta * state - beta / sigma * call(state, t)
            state.add_(drift, alpha=h).add_(torch.randn_like(state), alpha=math.sqrt(beta * h))

    return {"step": step, "forward": forward, "sample": sample}


def milliseconds(request):
    torch.set_num_threads(request["threads"])
    work = works(request)[request["time"]]
    start = time.perf_counter()
    for _ in range(request["steps"]):
        work()
    return str((time.perf_counter() - start) * 1e3 / request["steps"])


def on_device(request):
    """The same on a device that works on while Python goes on."""
    cuda = request["device"] == "cuda"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    try:
        if cuda:
            torch.cuda.reset_peak_memory_stats()
        work = works(request)[request["time"]]

        def once():
            loss = work()
            return loss.item() if loss is not None else None

        def finish():
            if cuda:
                torch.cuda.synchronize()

        once()
        finish()
        start = time.perf_counter()
        for _ in range(request["steps"]):
            once()
        finish()
        answer = {"milliseconds": (time.perf_counter() - start) * 1e3 / request["steps"], "parameters": sum(p.numel() for p in Network(request["network"]).parameters())}
        if cuda:
            answer.update(bytesInUse=torch.cuda.max_memory_allocated(), bytesAllocated=torch.cuda.max_memory_reserved())
        return json.dumps(answer)
    except Exception as error:  # out of memory, or a compiler that is not there: the others can still be measured
        return json.dumps({"error": f"{type(error).__name__}: {error}"})
    finally:
        if cuda:
            torch.cuda.empty_cache()


def machine():
    cuda = torch.cuda.is_available()
    return json.dumps({"cuda": torch.version.cuda if cuda else None, "card": torch.cuda.get_device_name(0) if cuda else None, "compile": hasattr(torch, "compile")})


def build():
    """What the installed PyTorch was built with, on one line."""
    lines = [line.strip(" -") for line in torch.__config__.show().splitlines()]
    return ", ".join(line for line in lines if line.startswith(("CPU capability", "Intel(R) MKL-DNN", "OpenMP", "Intel(R) Math")))


print(torch.__version__, flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if "build" in request:
        print(build(), flush=True)
    elif "machine" in request:
        print(machine(), flush=True)
    elif "device" in request:
        print(on_device(request), flush=True)
    else:
        print(milliseconds(request) if "time" in request else outputs(request), flush=True)
