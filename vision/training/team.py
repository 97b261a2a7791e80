"""Several processes that train one network, one per graphics card, started by torchrun; a single one without it."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, distributed


@dataclass(frozen=True, slots=True)
class Team:
    """This process among all that train."""

    rank: int = 0
    size: int = 1
    device: str = "cpu"

    @property
    def leads(self) -> bool:
        """Whether this process keeps the log, the checkpoints and the model."""
        return self.rank == 0

    def wait(self) -> None:
        """Wait until all processes have come this far."""
        if self.size > 1:
            distributed.barrier()

    def share(self, gradients: Iterable[Tensor]) -> None:
        """Replace each gradient by its mean over the processes."""
        if self.size > 1:
            for gradient in gradients:
                distributed.all_reduce(gradient)
                gradient /= self.size


def join() -> Team:
    """Return this process's place: RANK, WORLD_SIZE and LOCAL_RANK are torchrun's."""
    card = int(os.environ.get("LOCAL_RANK", "0"))
    device = f"cuda:{card}" if torch.cuda.is_available() else "cpu"
    if "RANK" not in os.environ:
        return Team(device=device)
    if torch.cuda.is_available():
        torch.cuda.set_device(card)
    if not distributed.is_initialized():
        distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return Team(distributed.get_rank(), distributed.get_world_size(), device)
