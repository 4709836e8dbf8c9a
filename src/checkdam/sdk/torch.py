"""A loader for PyTorch. Imported only when it is asked for."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from checkdam.schema import InputError
from checkdam.sdk.example import Example
from checkdam.sdk.stream import Stream

try:
    import torch
    import torch.distributed
    import torch.utils.data
except ImportError as error:
    raise InputError("PyTorch is not installed", "install torch, or iterate over the loader itself") from error


class TorchDataset(torch.utils.data.IterableDataset[Any]):
    """Each worker of each rank reads its own part: none twice, none left out."""

    def __init__(self, loader: Stream, transform: Callable[[Example], Any] | None = None) -> None:
        self.loader = loader
        self.transform = transform or tensors

    def __iter__(self) -> Iterator[Any]:
        loader = self._ranked()
        worker = torch.utils.data.get_worker_info()
        if worker is not None:
            loader = loader.shard(worker.id, worker.num_workers)
        return (self.transform(example) for example in loader)

    def __len__(self) -> int:
        """The examples of this rank, over all its workers."""
        return len(self._ranked())

    def set_epoch(self, number: int) -> None:
        """As `DistributedSampler` has it: another order, where the loader shuffles."""
        self.loader = self.loader.epoch(number)

    def _ranked(self) -> Stream:
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            return self.loader.shard(torch.distributed.get_rank(), torch.distributed.get_world_size())
        return self.loader


def tensors(example: Example) -> dict[str, Any]:
    """`Example.arrays` as tensors; an image becomes (3, height, width) uint8, as torchvision wants it."""
    values: dict[str, Any] = {}
    for name, value in example.arrays().items():
        if name == "image":
            values[name] = torch.from_numpy(np.ascontiguousarray(value.transpose(2, 0, 1)))
        elif isinstance(value, np.ndarray):
            values[name] = torch.from_numpy(value)
        else:
            values[name] = torch.tensor(int(value)) if isinstance(value, np.integer) else value
    return values
