"""The networks of packages/bench/src/model/resnet.ts and wide-resnet.ts in PyTorch: same layers, shapes and parameters."""

from torch import nn

STAGE_WIDTHS = (16, 32, 64)


def conv_batch_norm(inputs, filters, size, stride):
    """Convolution without bias, padded on every side, then batch norm."""
    return nn.Sequential(
        nn.Conv2d(inputs, filters, size, stride, padding=(size - 1) // 2, bias=False),
        nn.BatchNorm2d(filters),
    )


class BasicBlock(nn.Module):
    """relu(BN(conv(relu(BN(conv(x))))) + shortcut(x)); the shortcut is a 1x1 convolution where the shape changes."""

    def __init__(self, inputs, filters, stride):
        super().__init__()
        self.first = conv_batch_norm(inputs, filters, 3, stride)
        self.second = conv_batch_norm(filters, filters, 3, 1)
        same = stride == 1 and inputs == filters
        self.shortcut = nn.Identity() if same else conv_batch_norm(inputs, filters, 1, stride)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.second(self.relu(self.first(x))) + self.shortcut(x))


def resnet(depth, classes=10):
    """Depth 6n + 2: a stem of 16 filters, three stages of n blocks, global average pooling, one dense layer."""
    blocks = []
    width = STAGE_WIDTHS[0]
    for stage, filters in enumerate(STAGE_WIDTHS):
        for block in range((depth - 2) // 6):
            blocks.append(BasicBlock(width, filters, 2 if stage > 0 and block == 0 else 1))
            width = filters
    return nn.Sequential(
        conv_batch_norm(3, STAGE_WIDTHS[0], 3, 1),
        nn.ReLU(inplace=True),
        *blocks,
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(width, classes),
    )


class PreActivationBlock(nn.Module):
    """conv(relu(BN(conv(a)))) + x of x and a = relu(BN(x)); conv(a) for x where the shape changes."""

    def __init__(self, inputs, filters, stride):
        super().__init__()
        self.norm = nn.Sequential(nn.BatchNorm2d(inputs), nn.ReLU(inplace=True))
        self.body = nn.Sequential(
            nn.Conv2d(inputs, filters, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(inplace=True),
            nn.Conv2d(filters, filters, 3, 1, padding=1, bias=False),
        )
        same = stride == 1 and inputs == filters
        self.shortcut = None if same else nn.Conv2d(inputs, filters, 1, stride, bias=False)

    def forward(self, x):
        activated = self.norm(x)
        return self.body(activated) + (x if self.shortcut is None else self.shortcut(activated))


def wide_resnet(depth, factor, classes=10):
    """Depth 6n + 4: a stem of 16 filters, three stages of n blocks of factor times 16, 32 and 64 filters."""
    blocks = []
    width = STAGE_WIDTHS[0]
    for stage, base in enumerate(STAGE_WIDTHS):
        for block in range((depth - 4) // 6):
            blocks.append(PreActivationBlock(width, base * factor, 2 if stage > 0 and block == 0 else 1))
            width = base * factor
    return nn.Sequential(
        nn.Conv2d(3, STAGE_WIDTHS[0], 3, 1, padding=1, bias=False),
        *blocks,
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(width, classes),
    )


def parameters(network):
    """Number of trainable parameters."""
    return sum(weight.numel() for weight in network.parameters())
