"""One tree of errors. Each says what is wrong (`detail`), where, and what to do about it (`remedy`)."""

from collections.abc import Iterator

from msgspec import Struct


class Problem(Struct, frozen=True):
    """One thing wrong with an input: the place (file with line or JSON path), what it is, and the remedy."""

    where: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" ({self.remedy})" if self.remedy else "")


class Problems:
    """Collects the problems of an input so that all are told at once. Keeps the first `limit` and counts the rest."""

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._kept: list[Problem] = []
        self.count = 0

    def add(self, where: str, what: str, remedy: str = "") -> None:
        self.count += 1
        if len(self._kept) < self._limit:
            self._kept.append(Problem(where, what, remedy))

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._kept)

    def __len__(self) -> int:
        return self.count

    def __bool__(self) -> bool:
        return self.count > 0


class CheckdamError(Exception):
    """The root. `code` is stable and goes over the wire."""

    code = "error"

    def __init__(self, detail: str, remedy: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy

    def __str__(self) -> str:
        return self.detail + (f"\n  remedy: {self.remedy}" if self.remedy else "")


class InputError(CheckdamError):
    """An input does not hold what it should. `problems` names every place."""

    code = "invalid_input"

    def __init__(self, detail: str, remedy: str = "", problems: Problems | None = None) -> None:
        super().__init__(detail, remedy)
        self.problems = problems or Problems()


class LimitError(InputError):
    """An input is over a limit of size, count, ratio, depth or time."""

    code = "over_limit"


class NotFoundError(CheckdamError):
    code = "not_found"


class ConflictError(CheckdamError):
    """The state has moved on: the same key with other content, or a version that is no longer the newest."""

    code = "conflict"


class UnauthenticatedError(CheckdamError):
    code = "unauthenticated"


class ForbiddenError(CheckdamError):
    code = "forbidden"


class StorageError(CheckdamError):
    """A store cannot be read or written: disk full, read-only folder, locked database."""

    code = "storage"


class LeaseLostError(CheckdamError):
    """Someone else holds the lease by now; what this worker did is not recorded."""

    code = "lease_lost"


class JobCancelledError(CheckdamError):
    code = "cancelled"
