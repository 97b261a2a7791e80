"""What the network is asked to tell apart: rust from the rest, or every label of a data set.

With several labels the network gives one logit each. The logit of rust is the log-sum over rust labels minus the one
over the others, whose sigmoid is the sum of their softmax: calibration, threshold and grading see one rust
probability, as without labels. Tensor shapes: b images, c labels, h and w pixels.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from vision.dataset.folder import FILE, read_dataset
from vision.labels import BINARY
from vision.training.augment import IGNORE


@dataclass(frozen=True, slots=True)
class Task:
    """Labels by value, and which of them are rust."""

    labels: tuple[str, ...] = BINARY
    rust: tuple[int, ...] = (1,)

    @property
    def outputs(self) -> int:
        """Channels of the network: one for rust or not, else one for each label."""
        return 1 if self.labels == BINARY else len(self.labels)

    def others(self) -> tuple[int, ...]:
        """Return the values that are not rust."""
        return tuple(value for value in range(len(self.labels)) if value not in self.rust)

    def rust_logit(self, logit_bchw: Tensor) -> Tensor:
        """Return the logit of rust, (b, 1, h, w)."""
        if self.outputs == 1:
            return logit_bchw
        rust, others = (logit_bchw[:, list(values)] for values in (self.rust, self.others()))
        return torch.logsumexp(rust, 1, keepdim=True) - torch.logsumexp(others, 1, keepdim=True)


def task_of(photographs: Path, classes: bool) -> Task:
    """Return the task of a data set: all its labels with `classes`, else rust or not.

    Raises ValueError when there are no labels to tell apart.
    """
    if not classes:
        return Task()
    if not (photographs / FILE).is_file():
        raise ValueError(
            f"{photographs} has no {FILE}, which names the labels; import it with `highmast dataset import`"
        )
    dataset = read_dataset(photographs)
    task = Task(dataset.label_names(), dataset.rust_values())
    if len(task.labels) < 3 or not task.others():
        raise ValueError(
            f"{photographs} has the labels {', '.join(task.labels)}; to train on them it needs three or more"
        )
    return task


def loss_of_classes(logit_bchw: Tensor, label_bhw: Tensor) -> Tensor:
    """Cross-entropy plus soft Dice over the labels that the batch holds, ignored pixels left out."""
    logit = functional.interpolate(logit_bchw, scale_factor=2.0, mode="bilinear", align_corners=False)
    target, known = label_bhw.long(), (label_bhw != IGNORE)
    entropy = functional.cross_entropy(logit, target, ignore_index=IGNORE, reduction="sum") / known.sum().clamp(1)
    truth = functional.one_hot(target * known, logit.shape[1]).permute(0, 3, 1, 2) * known[:, None]
    p = logit.softmax(1) * known[:, None]
    both, either = (p * truth).sum((0, 2, 3)), (p + truth).sum((0, 2, 3))
    present = truth.sum((0, 2, 3)) > 0
    dice = 1 - (2 * both + 1) / (either + 1)
    return entropy + 0.5 * dice[present].sum() / present.sum().clamp(1)
