"""Reading data: answers are set up by tests."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self

from componentize_py_types import Err


class Kind(Enum):
    INT64 = 0
    FLOAT64 = 1
    TEXT = 2
    BOOLEAN = 3
    BYTES = 4
    DATE = 5
    TIME = 6
    DATETIME = 7
    TIMESTAMP = 8
    DECIMAL = 9
    JSON = 10
    OTHER = 11


@dataclass
class ColumnInfo:
    name: str
    kind: Kind
    type_name: str
    nullable: bool


@dataclass
class VarData:
    offsets: list[int]
    bytes: bytes


@dataclass
class _Case:
    value: Any


class Data_Int64(_Case): ...


class Data_Float64(_Case): ...


class Data_Bits(_Case): ...


class Data_Days(_Case): ...


class Data_Micros(_Case): ...


class Data_Text(_Case): ...


class Data_Bytes(_Case): ...


Data = Data_Int64 | Data_Float64 | Data_Bits | Data_Days | Data_Micros | Data_Text | Data_Bytes


@dataclass
class Column:
    validity: bytes
    data: Data


@dataclass
class Batch:
    rows: int
    columns: list[Column]


class Value_Null(_Case): ...


class Value_Boolean(_Case): ...


class Value_Int64(_Case): ...


class Value_Float64(_Case): ...


class Value_Text(_Case): ...


class Value_Bytes(_Case): ...


class Value_Date(_Case): ...


class Value_Datetime(_Case): ...


class Value_Timestamp(_Case): ...


class Value_Decimal(_Case): ...


class Value_Int64Array(_Case): ...


class Value_Float64Array(_Case): ...


class Value_TextArray(_Case): ...


class Value_DateArray(_Case): ...


class Value_TimestampArray(_Case): ...


Value = _Case


@dataclass
class Param:
    name: str
    value: Value


@dataclass
class Problem:
    code: str
    message: str
    hint: str | None
    retryable: bool


@dataclass
class Cursor:
    """Answers with columns and then, one after the other, with batches; a problem among them is raised."""

    infos: list[ColumnInfo]
    steps: list[Batch | Problem]
    closed: bool = False

    def columns(self) -> list[ColumnInfo]:
        return self.infos

    def next(self, max_rows: int) -> Batch | None:
        assert not self.closed, "a cursor that was dropped"
        step = self.steps.pop(0) if self.steps else None
        if isinstance(step, Problem):
            raise Err(step)
        return step

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True


@dataclass
class _Host:
    """What is answered next, and what was asked."""

    answers: list[Cursor | Problem] = field(default_factory=list)
    asked: list[tuple[str, str, list[Param]]] = field(default_factory=list)


host = _Host()


def open(source: str, sql: str, params: list[Param]) -> Cursor:
    host.asked.append((source, sql, params))
    answer = host.answers.pop(0)
    if isinstance(answer, Problem):
        raise Err(answer)
    return answer
