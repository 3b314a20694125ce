"""The command line: parse, call, print. Heavy libraries are imported by the command that needs them."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from .errors import DutchTopicsError, InputError
from .topics import TOPICS

if TYPE_CHECKING:
    from .tables import Record


class Commands(TyperGroup):
    """Commands whose errors are one line on stderr and exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; turn what goes wrong outside the program into a line."""
        try:
            return super().invoke(ctx)
        except DutchTopicsError as error:
            _fail(str(error))
        except KeyboardInterrupt:
            _fail("interrupted; nothing was changed")
        except BrokenPipeError:
            # The reader went away (`| head`). Python would complain once more on closing stdout.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None
        except (ImportError, SystemError) as error:
            # What Ctrl-C becomes while a library in C is being imported.
            if not isinstance(error.__cause__ or error.__context__, KeyboardInterrupt):
                raise
            _fail("interrupted; nothing was changed")
        except OSError as error:
            _fail(f"{error.filename or 'output'}: {error.strerror or error}")


def _fail(message: str) -> NoReturn:
    # A path or a cell may hold what a terminal's encoding lacks, or half a surrogate pair.
    typer.echo(f"error: {message}".encode(errors="replace").decode(), err=True)
    raise typer.Exit(2) from None


app = typer.Typer(
    cls=Commands,
    help="Tell which of four topics a Dutch passage is about: " + ", ".join(TOPICS) + ".",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
data_app = typer.Typer(help="Build and check the corpus.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(data_app, name="data")
model_app = typer.Typer(help="Look into models.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(model_app, name="model")

BEHAVIOUR = Path("tests/behaviour")  # of a checkout

SeedsOption = Annotated[Path, typer.Option("--seeds", help="Folder of seed files.")]
DataOption = Annotated[Path, typer.Option("--data", help="Folder of the built corpus.")]
ModelOption = Annotated[
    Path | None, typer.Option("--model", help="Folder of the model [default: models/dutch-topics].")
]
PrecisionOption = Annotated[
    float | None,
    typer.Option(
        "--precision", help="Give a topic only where this share is right, say 0.9; mark others as unsure."
    ),
]
ThresholdOption = Annotated[
    list[str] | None, typer.Option(help="0.6 for all topics, or military=0.6 for one; may be repeated.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(version("dutch-topics"))
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # data, whatever the terminal is set to


@data_app.command("build")
def data_build(
    seeds: SeedsOption = Path("seeds"),
    output: Annotated[Path, typer.Option(help="Folder to write the corpus to.")] = Path("data"),
) -> None:
    """Build the corpus: read and check the seeds, split them, write train, validation and test.

    Example: dutch-topics data build --seeds seeds --output data
    """
    from .annotations import read_annotations
    from .cards import CURVE, dataset_card
    from .checks import describe
    from .corpus import SPLITS, build_corpus, write_corpus
    from .files import write_text
    from .seeds import read_seeds

    with _progress("reading seeds") as step:
        read, annotations = read_seeds(seeds), read_annotations(seeds)
        step("building the corpus")
        corpus = build_corpus(read)
        if not output.is_dir():
            output.mkdir(parents=True)
        write_corpus(corpus, output)
        card = dataset_card(describe(corpus, annotations.values()), (output / CURVE).is_file())
        write_text(output / "README.md", card)
    sizes = ", ".join(f"{split} {len(corpus.splits[split]):,}" for split in SPLITS)
    typer.echo(f"{output}: {sizes} rows; {len(corpus.dropped)} near-duplicates left out")


@data_app.command("check")
def data_check(
    seeds: SeedsOption = Path("seeds"), data: DataOption = Path("data"), as_json: JsonOption = False
) -> None:
    """Show what the corpus is made of, and what is wrong with it; exit code 1 if anything is.

    Example: dutch-topics data check
    """
    from .annotations import annotation_problems, read_annotations, read_wholes, whole_problems
    from .checks import describe, lexicon_problems, problems, stale_splits, to_table
    from .corpus import build_corpus
    from .seeds import read_seeds

    with _progress("reading seeds") as step:
        read, annotations, wholes = read_seeds(seeds), read_annotations(seeds), read_wholes(seeds)
        step("building the corpus")
        corpus = build_corpus(read)
        step("checking")
        statistics = describe(corpus, annotations.values())
        found = [
            *problems(corpus),
            *lexicon_problems(read.lexicon),
            *annotation_problems(read.passages, annotations),
            *whole_problems([file.file for file in read.files if file.kind == "articles"], wholes),
        ]
        stale = stale_splits(corpus, data)
    if stale:
        names = ", ".join(stale)
        found.append(f"{data}: {names} out of date; run `dutch-topics data build`")
    dropped = [
        f"{entry.passage.file}:{entry.passage.line} resembles "
        f"{entry.original.file}:{entry.original.line} ({entry.resemblance:.2f}); left out"
        for entry in corpus.dropped
    ]
    if as_json:
        report = {**statistics.to_dict(), "left_out": dropped, "problems": found}
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join([to_table(statistics), *dropped, *found, f"{len(found)} problems"]))
    raise typer.Exit(1 if found else 0)


@app.command("train")
def train_command(
    data: DataOption = Path("data"),
    output: Annotated[
        Path | None, typer.Option(help="Folder of the model [default: models/dutch-topics].")
    ] = None,
    behaviour: Annotated[
        Path | None, typer.Option(help="Folder of behaviour tests [default: tests/behaviour, where it is].")
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Save it whatever it lost, and measure the next one by it.")
    ] = False,
) -> None:
    """Train on the corpus, measure on its test split, and save the model.

    A model that passes fewer of the behaviour tests than the last accepted one, by more than two points,
    is not saved; exit code 1.

    Example: dutch-topics train --data data --output models/dutch-topics
    """
    from . import behaviour as tests
    from .cards import model_card
    from .corpus import corpus_sums, load_corpus
    from .evaluation import evaluate, to_table
    from .fitting import fit
    from .labelled import read_labelled
    from .ngrams import strongest_ngrams
    from .store import check_target, default_directory, save_model

    directory = output or default_directory()
    check_target(directory)
    if behaviour is None and (data.parent / BEHAVIOUR).is_dir():
        behaviour = data.parent / BEHAVIOUR
    suite = tests.read_suite(behaviour) if behaviour else None
    accepted = tests.read_accepted(behaviour) if behaviour else {}
    with _progress("reading the corpus") as step:
        corpus = load_corpus(data)
        test = read_labelled(data / "test.jsonl")
        model = fit(corpus["train"], corpus["validation"], progress=step)
        step("evaluating")
        report = evaluate(model.predict(test.texts), test.labels, model.thresholds, test.units)
        scores = tests.run_suite(suite, model.predict) if suite else []
        ngrams = strongest_ngrams(model.scorer, corpus["train"])
        model = model.with_config(corpus=corpus_sums(data))
    typer.echo(to_table(report))
    if behaviour is None:
        typer.echo(f"\nbehaviour tests left out: no folder {BEHAVIOUR}")
    else:
        typer.echo("\n" + tests.to_table(scores))
        lost = tests.losses(scores, accepted)
        if lost and not accept:
            for line in lost:
                typer.echo(f"error: {line}", err=True)
            typer.echo("error: not saved; to have it all the same, train with --accept", err=True)
            raise typer.Exit(1)
    card = model_card(report, model.config)
    save_model(model, report.to_dict(), ngrams, card, directory)
    if behaviour is not None and accept:
        tests.accept(scores, behaviour)
    chosen = f" --model {output}" if output else ""
    typer.echo(f"\nsaved in {directory}; now try:")
    typer.echo(f"  {sys.argv[0]} predict{chosen} 'De ministers tekenden een verdrag over gas.'")


@app.command("evaluate")
def evaluate_command(
    model: ModelOption = None,
    data: Annotated[
        Path, typer.Option("--data", help="A .jsonl, .csv (.gz, .zst) or .parquet file with text and labels.")
    ] = Path("data/test.jsonl"),
    by: Annotated[
        str | None, typer.Option("--by", metavar="COLUMN", help="Report by the values of a column.")
    ] = None,
    precision: PrecisionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a model on the test split, or on any file of labelled passages.

    Example: dutch-topics evaluate --data news.csv --by source
    """
    from .evaluation import evaluate, evaluate_groups, to_group_table, to_table
    from .labelled import read_labelled
    from .store import load_model

    with _progress("reading") as step:
        labelled = read_labelled(data, by)
        loaded = load_model(model)
        step("evaluating")
        limits = loaded.limits()
        if precision is not None:
            limits = loaded.sure_limits(limits, precision)
        predictions = loaded.predict(labelled.texts, precision=precision)
        report = evaluate(predictions, labelled.labels, limits, labelled.units)
        groups = evaluate_groups(predictions, labelled, limits)
    if as_json:
        values = report.to_dict()
        if by:
            values["by"] = {by: {name: group.to_dict() for name, group in groups.items()}}
        typer.echo(json.dumps(values, indent=2, ensure_ascii=False))
        return
    typer.echo(to_table(report))
    if by:
        typer.echo("\n" + to_group_table(by, groups))


@app.command("predict")
def predict_command(
    texts: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]...")] = None,
    input_file: Annotated[
        Path | None,
        typer.Option("--input", help="A .txt, .jsonl, .csv (.gz, .zst) or .parquet file; - for stdin."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="A .jsonl, .csv (.gz, .zst) or .parquet file to write.")
    ] = None,
    as_json: JsonOption = False,
    document: Annotated[
        Path | None,
        typer.Option("--document", help="An article to read as a whole: .txt, .md or .html; - for stdin."),
    ] = None,
    threshold: ThresholdOption = None,
    precision: PrecisionOption = None,
    model: ModelOption = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes to label a file with.")] = 1,
) -> None:
    """Label texts: arguments, lines on stdin, or the rows of a file with a column `text`.

    Prints the topics (`-` for none; `military?` where unsure; `?` for text that is not Dutch, or that
    the model hardly knows a word of), a tab and the text; with --json one object a line. From --input to
    --output a large file goes in little memory; if that is broken off, the same command goes on.

    With --document, the text is split into sentences, and what they are about makes up what the article
    is about.

    Example: dutch-topics predict --input news.csv --output labelled.csv
    """
    if document is not None:
        others = {"texts": texts, "--input": input_file, "--output": output, "--precision": precision}
        for name, value in {**others, "--jobs": jobs > 1}.items():
            if value:
                raise InputError(f"give {name} or --document, not both")
        _print_document(document, parse_thresholds(threshold or []), model, as_json)
        return
    from .blocks import kind
    from .bulk import label_records, with_score_columns
    from .store import load_model
    from .tables import OUTPUTS, to_json, write_records

    limits = parse_thresholds(threshold or [])
    is_file = input_file is not None and str(input_file) != "-"
    if jobs > 1 and not (is_file and output):
        raise InputError("--jobs needs a file to read and one to write: --input FILE --output FILE")
    records = _records(texts or [], input_file)
    if input_file is not None and is_file and output is not None:
        _label_file(input_file, output, model, limits, precision, jobs)
        return
    loaded = load_model(model)
    labelled = _counting_unsure(label_records(loaded, records, loaded.limits(limits), precision), precision)
    if output is not None:
        rows = labelled if kind(output, OUTPUTS) == ".jsonl" else with_score_columns(labelled)
        write_records(output, _counted(rows))
        return
    # Where it is printed on a terminal, the output itself shows the progress.
    for record in labelled if sys.stdout and sys.stdout.isatty() else _counted(labelled):
        typer.echo(to_json(record) if as_json else to_line(record))


def _print_document(path: Path, thresholds: dict[str, float], model: Path | None, as_json: bool) -> None:
    from .documents import to_text
    from .files import read_bytes, read_text
    from .store import load_model

    if path.suffix.lower() in (".html", ".htm"):
        from .html_pages import article_of_html

        text = article_of_html(read_bytes(path))
    else:
        text = _stdin() if str(path) == "-" else read_text(path)
    reading = load_model(model).read(text, thresholds)
    values = {"text": text, **reading.to_dict()}
    typer.echo(json.dumps(values, ensure_ascii=False) if as_json else to_text(reading))


def _label_file(
    source: Path,
    output: Path,
    model: Path | None,
    thresholds: dict[str, float],
    precision: float | None,
    jobs: int,
) -> None:
    from .runs import label_file

    try:
        with _bar() as report:
            counts = label_file(source, output, model, thresholds, precision, jobs, report, _say)
    except KeyboardInterrupt:
        _fail("interrupted; run the same command again to go on")
    if precision is not None:
        _say_unsure(*counts)


def _records(texts: list[str], input_file: Path | None) -> Iterable[tuple[str, Record]]:
    """The rows to label, from wherever the user said."""
    from .tables import read_lines, read_records

    if texts and input_file is not None:
        raise InputError("give texts or --input, not both")
    if texts:
        return [(f"text {n}", {"text": text}) for n, text in enumerate(texts, start=1)]
    if input_file is not None and str(input_file) != "-":
        return read_records(input_file)
    if sys.stdin is None or sys.stdin.isatty():
        raise InputError("nothing to label; give a text, --input FILE, or lines on stdin")
    return read_lines(sys.stdin.buffer, "stdin")


@app.command("explain")
def explain_command(
    text: Annotated[str, typer.Argument(help="A passage; - for stdin.")],
    as_json: JsonOption = False,
    html: Annotated[Path | None, typer.Option("--html", help="A page to write, readable anywhere.")] = None,
    threshold: ThresholdOption = None,
    model: ModelOption = None,
) -> None:
    """Show why a text gets its topics: what each word and n-gram adds to, or takes from, each score.

    Words are shaded by their weight, green for a topic and red against it. Below are the words without
    which the answer would be another, and the nearest passages of the corpus.

    Example: dutch-topics explain "De centrale bank verhoogde de rente."
    """
    from .store import load_model

    if as_json and html is not None:
        raise InputError("give --json or --html, not both")
    if text == "-":
        text = _stdin()
    loaded = load_model(model)
    explanation = loaded.explain(text, parse_thresholds(threshold or []))
    if html is not None:
        from .files import write_text
        from .shading import to_html

        write_text(html, to_html(explanation))
    elif as_json:
        typer.echo(json.dumps({"text": text, **explanation.to_dict()}, ensure_ascii=False))
    else:
        from .shading import print_explanation

        print_explanation(explanation)


def _stdin() -> str:
    """All of stdin, as text."""
    from .files import decode

    if sys.stdin is None or sys.stdin.isatty():
        raise InputError("nothing to read; give a text, a file, or text on stdin")
    return decode(sys.stdin.buffer.read(), Path("stdin"))


@app.command("serve")
def serve_command(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any that is free.")] = 8000,
    model: ModelOption = None,
    token_file: Annotated[
        Path | None, typer.Option(help="File with a bearer token that clients must send.")
    ] = None,
    max_body: Annotated[int, typer.Option(min=1, help="Bytes of a request.")] = 1_000_000,
    max_texts: Annotated[int, typer.Option(min=1, help="Texts in a request.")] = 1000,
    max_characters: Annotated[int, typer.Option(min=1, help="Characters of a text.")] = 200_000,
    concurrency: Annotated[int, typer.Option(min=1, help="Requests answered at once.")] = 64,
    head_seconds: Annotated[int, typer.Option(min=1, max=3600, help="Time for a request's head.")] = 10,
    body_seconds: Annotated[int, typer.Option(min=1, max=3600, help="Time for its body.")] = 30,
    answer_seconds: Annotated[int, typer.Option(min=1, max=3600, help="Time until the answer is read.")] = 60,
) -> None:
    """Serve the model over HTTP, with a page to read articles in; needs the extra `serve`.

    SIGTERM ends it when all is answered; SIGHUP takes up the model that lies in the directory now.

    Example: dutch-topics serve --port 8000
    """
    from .store import default_directory

    try:
        from .guard import Limits
        from .service import Service
        from .serving import say, serve
    except ModuleNotFoundError as error:
        raise InputError(
            f"{error.name} is missing; install the extra serve (pip install --editable '.[serve]')"
        ) from None
    token = None
    if token_file is not None:
        from .files import read_text

        token = read_text(token_file).strip()
        if not token or not token.isascii() or not token.isprintable():
            raise InputError(f"{token_file}: no token; put one line of ASCII in it")
    limits = Limits(
        max_body, max_texts, max_characters, concurrency, head_seconds, body_seconds, answer_seconds
    )
    serve(Service(model or default_directory()), host, port, limits, token, say)


@model_app.command("show")
def model_show(
    model: ModelOption = None,
    top: Annotated[int, typer.Option(min=1, max=30, help="N-grams of each kind.")] = 8,
    as_json: JsonOption = False,
) -> None:
    """Show which scorer runs, and what a model goes by: the strongest n-grams for and against each topic.

    Each comes with its weight, the number of passages trained on that have it, and how many of those
    are about the topic. `_` is the edge of a word.

    Example: dutch-topics model show --top 5
    """
    from .ngrams import to_tables
    from .scorer import HAS_KERNEL
    from .store import load_description

    config, ngrams = load_description(model)
    if as_json:
        values = {
            **config,
            "runs_on": "kernel" if HAS_KERNEL else "numpy",
            "ngrams": [ngram.to_dict() for ngram in ngrams],
        }
        typer.echo(json.dumps(values, indent=2, ensure_ascii=False))
    else:
        runs_on = "the kernel in C" if HAS_KERNEL else "NumPy; with a compiler it would on the kernel in C"
        typer.echo(f"runs on {runs_on}\n\n{to_tables(ngrams, config['shares'], top)}")


@model_app.command("diff")
def model_diff(
    first: Annotated[Path, typer.Argument(metavar="A", help="Folder of a model.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Folder of another.")],
    data: Annotated[
        Path, typer.Option("--data", help="A .jsonl, .csv (.gz, .zst) or .parquet file with text and labels.")
    ] = Path("data/test.jsonl"),
    as_json: JsonOption = False,
) -> None:
    """List the passages that two models answer differently.

    Prints what A gives, what B gives, which labels are right, and the text, parted by tabs.

    Example: dutch-topics model diff models/old models/dutch-topics
    """
    from .labelled import read_labelled
    from .store import load_model
    from .tables import to_json

    with _progress("reading") as step:
        labelled = read_labelled(data)
        models = [load_model(first), load_model(second)]
        step("predicting")
        answers = [loaded.predict(labelled.texts) for loaded in models]
    for old, new, labels in zip(*answers, labelled.labels, strict=True):
        if old.topics != new.topics:
            change = {"a": list(old.topics), "b": list(new.topics), "labels": list(labels), "text": old.text}
            cells = [",".join(topics) or "-" for topics in (old.topics, new.topics, labels)]
            typer.echo(to_json(change) if as_json else "\t".join([*cells, " ".join(old.text.split())]))


def parse_thresholds(options: list[str]) -> dict[str, float]:
    """The values of `--threshold` by topic; raises `InputError` for one that is no number."""
    thresholds: dict[str, float] = {}
    for option in options:
        topic, equals, number = option.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            raise InputError(f"--threshold {option}: use 0.6 or military=0.6") from None
        thresholds |= {topic: value} if equals else dict.fromkeys(TOPICS, value)
    return thresholds


def to_line(record: Record) -> str:
    """A labelled record as `topics<TAB>text`, on one line whatever the text holds."""
    topics = [*record["topics"], *(f"{topic}?" for topic in record.get("unsure", ()))]
    nothing = "-" if record["readable"] else "?"
    return f"{','.join(topics) or nothing}\t{' '.join(record['text'].split())}"


def _counting_unsure(records: Iterable[Record], precision: float | None) -> Iterator[Record]:
    """`records`; after the last, and where a precision was asked for, how many were left open."""
    n = unsure = 0
    for record in records:
        n += 1
        unsure += bool(record.get("unsure"))
        yield record
    if precision is not None and n:
        _say_unsure(n, unsure)


def _say_unsure(n: int, unsure: int) -> None:
    _say(f"unsure: {unsure:,} of {n:,} passages ({unsure / n:.1%})")


def _say(line: str) -> None:
    typer.echo(line, err=True)


@contextmanager
def _progress(first: str) -> Iterator[Callable[[str], None]]:
    """Show what is being done on stderr, and nothing where that is not a terminal.

    Gives a function to call with the name of each further step.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield _say_nothing
        return
    from rich.console import Console

    with Console(stderr=True).status(first) as status:
        yield status.update


def _say_nothing(*_: object) -> None:
    pass


def _counted(records: Iterable[Record]) -> Iterator[Record]:
    """`records`, with a count on stderr as they pass, and nothing where that is not a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield from records
        return
    from rich.console import Console
    from rich.progress import (
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (SpinnerColumn(), TextColumn("labelled"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield from progress.track(records, total=None)


@contextmanager
def _bar() -> Iterator[Callable[[int, float], None]]:
    """A bar on stderr with rate and time left, and nothing where that is not a terminal.

    Gives a function to call with the number of rows done and their share of all, when work begins and
    from then on.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield _say_nothing
        return
    from time import monotonic

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=1.0)
        begun: list[float] = []  # when, and with how many rows

        def report(rows: int, share: float) -> None:
            if not begun:
                begun.extend((monotonic(), rows))
            rate = (rows - begun[1]) / max(monotonic() - begun[0], 1e-3)
            progress.update(task, completed=share, description=f"{rows:,} rows, {rate:,.0f} a second")

        yield report


def main() -> None:
    """Run the program, as the command `dutch-topics` does."""
    try:
        try:
            app()
        finally:  # what is still to be written may not fit either
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        typer.echo(f"error: output: {error.strerror or error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
