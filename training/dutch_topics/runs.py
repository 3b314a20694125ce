"""Label a file into another, however large: block by block, resumable, over processes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import blocks
from .blocks import INPUTS, Block, kind, read_blocks
from .bulk import added_columns, check_columns, label_records, label_texts, with_added, with_score_columns
from .errors import InputError, ModelError
from .files import whole_file
from .model import TopicModel
from .parts import Part, kept_parts
from .store import default_directory, load_model, model_sum
from .tables import (
    BATCH,
    OUTPUTS,
    compressed,
    read_records,
    records_in,
    require,
    to_csv,
    to_jsonl,
    to_python,
    to_schema,
    to_table,
)
from .workers import started

if TYPE_CHECKING:
    import pyarrow


def _nothing(*_: object) -> None:
    pass


def label_file(
    source: Path,
    output: Path,
    directory: Path | None = None,
    thresholds: Mapping[str, float] | None = None,
    precision: float | None = None,
    jobs: int = 1,
    report: Callable[[int, float], object] = _nothing,
    say: Callable[[str], object] = _nothing,
) -> tuple[int, int]:
    """Label the rows of `source` with the model in `directory`, into `output`, by `jobs` processes.

    A run that was killed is taken up again by the next with the same arguments, and gives the same
    bytes (see `parts.kept_parts`, also for `say`). Memory does not grow with the file. `report` is
    told, when work begins and after each block, how many rows are done and which share of the file, in
    [0, 1]. Returns the number of rows, and of those with a topic left open. Raises `InputError` as
    `label_records` and `tables.read_records` do, and leaves nothing then.
    """
    found, target = read_blocks(source), kind(output, OUTPUTS)
    directory = directory or default_directory()
    model, model_id = load_model(directory), model_sum(directory)
    about = source.stat()
    task = {
        "version": version("dutch-topics"),
        "input": [str(source.resolve()), about.st_size, about.st_mtime_ns],
        "model": model_id,
        "kernel": model.scorer.compiled,
        "thresholds": model.bars(thresholds, precision),
        "columns": list(added_columns(precision is not None)),
        "blocks": [blocks.BYTES, blocks.ROWS],
    }
    label, is_large = partial(_label, model), about.st_size > blocks.BYTES
    others = started(jobs - 1, label, _open, directory, model_id) if jobs > 1 and is_large else None
    with others or nullcontext(partial(map, label)) as spread:
        labeller = Labeller(source, output, thresholds, precision, _layout(source, target, precision))
        with (
            kept_parts(output, task, say) as parts,
            whole_file(output, parts.folder / "whole") as temporary,
            _writing(temporary, labeller.layout if target == ".parquet" else None) as write,
        ):
            rows, unsure, share = 0, 0, 0.0
            for part in parts:
                write(next(found), part.data)
                rows, unsure, share = rows + part.rows, unsure + part.unsure, part.share
            report(rows, share)
            given: deque[Block] = deque()  # blocks that are being labelled
            for part in spread(_work(labeller, found, given)):
                parts.append(part)
                write(given.popleft(), part.data)
                rows, unsure = rows + part.rows, unsure + part.unsure
                report(rows, part.share)
            if not rows:
                raise InputError(f"{source}: no rows")
    return rows, unsure


def _work(
    labeller: Labeller, found: Iterable[Block], given: deque[Block]
) -> Iterator[tuple[Labeller, Block]]:
    for block in found:
        given.append(block)
        yield labeller, labeller.needed(block)


def _open(directory: Path, model_id: str) -> Callable[[tuple[Labeller, Block]], Part]:
    model = load_model(directory)
    if model_sum(directory) != model_id:
        raise ModelError(f"{directory}: replaced by another model meanwhile; run the same command again")
    return partial(_label, model)


def _label(model: TopicModel, work: tuple[Labeller, Block]) -> Part:
    labeller, block = work
    return labeller.label(model, block)


def _layout(source: Path, target: str, precision: float | None) -> Any:
    """What the blocks of a table must agree on: the names of the columns, or for Parquet the schema."""
    with_unsure = precision is not None
    if target == ".jsonl":
        return None
    if target == kind(source, INPUTS) == ".parquet":
        first = next(read_blocks(source), None)
        if first is None:
            raise InputError(f"{source}: no rows")
        require(("text",), first.data.column_names, f"{source}:1")
        check_columns(first.data.column_names, f"{source}:1")
        return with_added(first.data.schema, with_unsure)
    head = list(islice(read_records(source), BATCH))
    place, names = head[0]
    check_columns(names, place)
    if target == ".csv":
        return [*names, *added_columns(with_unsure)]
    return with_added(to_schema([record for _, record in head]), with_unsure)


@contextmanager
def _writing(path: Path, schema: pyarrow.Schema | None) -> Iterator[Callable[[Block, bytes], object]]:
    """A function that adds a block and the data of its part to a file, Parquet where there is a `schema`."""
    if schema is None:
        with path.open("wb") as file:
            yield lambda _, data: file.write(data)
        return
    import pyarrow
    import pyarrow.parquet

    def add(block: Block, data: bytes) -> None:
        columns = pyarrow.ipc.open_stream(data).read_all().columns
        kept = [] if isinstance(block.data, bytes) else block.data.columns
        writer.write_table(pyarrow.table([*kept, *columns], schema=schema))

    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        yield add


@dataclass(frozen=True)
class Labeller:
    """How the blocks of one file become parts of another."""

    source: Path
    output: Path
    thresholds: Mapping[str, float] | None
    precision: float | None
    layout: Any  # of the output, see `_layout`

    @property
    def adds_columns(self) -> bool:
        """Whether the columns of a block stay as they are, and a part has only those to add."""
        return kind(self.source, INPUTS) == kind(self.output, OUTPUTS) == ".parquet"

    def needed(self, block: Block) -> Block:
        """What `label` needs of `block`."""
        return replace(block, data=block.data.select(["text"])) if self.adds_columns else block

    def label(self, model: TopicModel, block: Block) -> Part:
        """The part that `block` gives; raises `InputError` as `label_records` does."""
        name, target = str(self.source), kind(self.output, OUTPUTS)
        if self.adds_columns:
            texts = to_python(block.data.column("text"), name)
            table, unsure = label_texts(model, texts, name, block.before, self.thresholds, self.precision)
            return Part(_to_ipc(table), len(texts), unsure, block.share)
        records = records_in(block, self.source)
        rows = list(label_records(model, records, self.thresholds, self.precision))
        unsure = sum(bool(row.get("unsure")) for row in rows)
        if target == ".jsonl":
            data = compressed(to_jsonl(rows), self.output)
        elif target == ".csv":
            text = to_csv(with_score_columns(rows), self.layout, header=block.before == 0)
            data = compressed(text, self.output)
        else:
            data = _to_ipc(to_table(list(with_score_columns(rows)), self.layout))
        return Part(data, len(rows), unsure, block.share)


def _to_ipc(table: pyarrow.Table) -> bytes:
    import pyarrow

    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data
