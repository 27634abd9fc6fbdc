"""Times training steps in PyTorch on the CPU and prints them as JSON, milliseconds per step.

Usage: torch_steps.py --cases student,student-channels-last,kd --batch 64 --threads 2 --steps 10 --warmup 3

  student                 ResNet-20 with cross-entropy, memory format NCHW (PyTorch's default)
  student-channels-last   the same in memory format NHWC
  kd                      ResNet-20 taught by a ResNet-56 that runs in every step, as RepDistiller trains it

The optimizer is SGD with momentum 0.9 and weight decay 5e-4. One batch of noise lies in memory for all steps: reading and
augmenting images is not in the times. The loss is read in every step, as training loops do for their log.
"""

import argparse
import json
import sys
import time

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError as error:
    sys.exit(f"no PyTorch: {error}")

from resnet import parameters, resnet

STUDENT, TEACHER = 20, 56
TEMPERATURE = 4
CLASSES = 10
# RepDistiller's weights of the two terms of KD on CIFAR.
WEIGHT_CLASS, WEIGHT_KD = 0.1, 0.9


def distillation(student, teacher):
    """T^2 KL(teacher || student) of the softened outputs, mean over the batch."""
    soft = functional.softmax(teacher / TEMPERATURE, dim=1)
    log_student = functional.log_softmax(student / TEMPERATURE, dim=1)
    return functional.kl_div(log_student, soft, reduction="sum") * TEMPERATURE**2 / student.shape[0]


def make_step(case, batch):
    """One training step of a case as a function without arguments."""
    layout = torch.channels_last if case.endswith("channels-last") else torch.contiguous_format
    images = torch.randn(batch, 3, 32, 32).contiguous(memory_format=layout)
    labels = torch.arange(batch) % CLASSES
    student = resnet(STUDENT, CLASSES).to(memory_format=layout).train()
    teacher = resnet(TEACHER, CLASSES).eval() if case == "kd" else None
    optimizer = torch.optim.SGD(student.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    cross_entropy = nn.CrossEntropyLoss()

    def step():
        logits = student(images)
        loss = cross_entropy(logits, labels)
        if teacher is not None:
            with torch.no_grad():
                taught = teacher(images)
            loss = WEIGHT_CLASS * loss + WEIGHT_KD * distillation(logits, taught)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default="student,student-channels-last,kd")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--warmup", type=int, default=3)
    options = parser.parse_args()

    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    steps = {case: make_step(case, options.batch) for case in options.cases.split(",")}
    times = {case: [] for case in steps}
    cores = {}
    for case, step in steps.items():
        for _ in range(options.warmup):
            step()
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(options.steps):
            started = time.perf_counter()
            step()
            times[case].append(1000 * (time.perf_counter() - started))
        cores[case] = (time.process_time() - cpu) / (time.perf_counter() - wall)
    print(
        json.dumps(
            {
                "python": sys.version.split()[0],
                "torch": torch.__version__,
                "threads": torch.get_num_threads(),
                "parameters": {f"resnet{depth}": parameters(resnet(depth, CLASSES)) for depth in (8, STUDENT, TEACHER)},
                "milliseconds": times,
                "coresUsed": cores,
            }
        )
    )


main()
