"""Times training steps in PyTorch and prints them as JSON, milliseconds per step.

Usage: torch_steps.py --cases student,student-channels-last,kd --batch 64 --threads 2 --steps 10 --warmup 3

  student                 ResNet-20 with cross-entropy, memory format NCHW (PyTorch's default)
  student-channels-last   the same in memory format NHWC
  student-compiled        the same in NHWC, forward and loss by torch.compile (its default mode)
  kd                      ResNet-20 taught by a ResNet-56 that runs in every step, as RepDistiller trains it
  kd-compiled             the same in NHWC by torch.compile
  kd-wide                 WRN-16-2 taught by a WRN-40-2 in the same way
  kd-small                ResNet-8 taught by a ResNet-20 with batches of 16, whatever --batch says

--device gpu runs on the first CUDA device, and fails where there is none.

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

from resnet import parameters, resnet, wide_resnet

STUDENT, TEACHER = 20, 56
SMALL_STUDENT, SMALL_TEACHER, SMALL_BATCH = 8, 20, 16
TEMPERATURE = 4
CLASSES = 10
# RepDistiller's weights of the two terms of KD on CIFAR.
WEIGHT_CLASS, WEIGHT_KD = 0.1, 0.9


def distillation(student, teacher):
    """T^2 KL(teacher || student) of the softened outputs, mean over the batch."""
    soft = functional.softmax(teacher / TEMPERATURE, dim=1)
    log_student = functional.log_softmax(student / TEMPERATURE, dim=1)
    return functional.kl_div(log_student, soft, reduction="sum") * TEMPERATURE**2 / student.shape[0]


def networks_of(case):
    """The student of a case, and a function that makes its teacher."""
    if case.endswith("wide"):
        return wide_resnet(16, 2, CLASSES), lambda: wide_resnet(40, 2, CLASSES)
    small = case.endswith("small")
    teacher = SMALL_TEACHER if small else TEACHER
    return resnet(SMALL_STUDENT if small else STUDENT, CLASSES), lambda: resnet(teacher, CLASSES)


def make_step(case, batch, device):
    """One training step of a case as a function without arguments."""
    small, compiled = case.endswith("small"), case.endswith("compiled")
    last = compiled or case.endswith("channels-last")
    layout = torch.channels_last if last else torch.contiguous_format
    batch = SMALL_BATCH if small else batch
    images = torch.randn(batch, 3, 32, 32).contiguous(memory_format=layout).to(device)
    labels = (torch.arange(batch) % CLASSES).to(device)
    student, make_teacher = networks_of(case)
    student = student.to(device, memory_format=layout).train()
    teacher = make_teacher().to(device, memory_format=layout).eval() if case.startswith("kd") else None
    optimizer = torch.optim.SGD(student.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    cross_entropy = nn.CrossEntropyLoss()

    def loss_of(images, labels):
        logits = student(images)
        loss = cross_entropy(logits, labels)
        if teacher is None:
            return loss
        with torch.no_grad():
            taught = teacher(images)
        return WEIGHT_CLASS * loss + WEIGHT_KD * distillation(logits, taught)

    run = torch.compile(loss_of) if compiled else loss_of

    def step():
        loss = run(images, labels)
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
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--warmup", type=int, default=3)
    options = parser.parse_args()

    if options.device == "gpu" and not torch.cuda.is_available():
        sys.exit("no PyTorch for a GPU: CUDA is not available")
    device = torch.device("cuda" if options.device == "gpu" else "cpu")
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    times, cores, missing = {}, {}, {}
    for case in options.cases.split(","):
        try:
            step = make_step(case, options.batch, device)
            for _ in range(options.warmup):
                step()
        except Exception as error:
            # torch.compile needs a C++ compiler and the headers of Python; PyTorch 1 does not have it.
            if not case.endswith("compiled"):
                raise
            missing[case] = f"torch.compile: {error or type(error).__name__}".splitlines()[0]
            continue
        times[case] = []
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(options.steps):
            started = time.perf_counter()
            step()
            times[case].append(1000 * (time.perf_counter() - started))
        cores[case] = (time.process_time() - cpu) / (time.perf_counter() - wall)
    built = {f"resnet{depth}": resnet(depth, CLASSES) for depth in (SMALL_STUDENT, STUDENT, TEACHER)}
    built |= {f"wrn-{depth}-2": wide_resnet(depth, 2, CLASSES) for depth in (16, 40)}
    print(
        json.dumps(
            {
                "python": sys.version.split()[0],
                "torch": torch.__version__,
                "threads": torch.get_num_threads(),
                "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
                "parameters": {name: parameters(network) for name, network in built.items()},
                "milliseconds": times,
                "coresUsed": cores,
                "missing": missing,
            }
        )
    )


main()
