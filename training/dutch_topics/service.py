"""The model over HTTP: the project's own interface, Hugging Face's, and the Open Inference Protocol's.

An application of FastAPI without a network of its own; serving.py runs it behind a `Guard`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from math import exp, inf, log
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from .errors import InputError
from .gathering import Gatherer
from .guard import App, Limits, Message, Receive, Send, error_body
from .model import TopicModel, checked_texts
from .prediction import Prediction, make_prediction
from .schema import (
    ClassificationRequest,
    DocumentAnswer,
    DocumentRequest,
    InferRequest,
    Label,
    Parameters,
    PredictAnswer,
    PredictionAnswer,
    PredictRequest,
    ProblemAnswer,
    Topic,
)
from .store import check_model, load_model
from .tables import parse_object
from .topics import TOPICS

PAGE = Path(__file__).parent / "page"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
STRONGEST = 15  # n-grams shown for a topic, and as many against it
EXPLAINED = 20  # texts explained a request
LONGEST_EXPLAINED = 2000  # characters
SENTENCES_EXPLAINED = 400  # of an article
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemAnswer} for status in (400, 401, 404, 413, 415, 422, 503)
}
CODES = {404: "not_found", 405: "method_not_allowed", 415: "unsupported_media_type"}


class Service:
    """The model that is being served; `reload` puts another in its place."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ready = False
        self.loads = 0
        self._lock = Lock()
        self.reload()

    def reload(self) -> None:
        """Take up the model in the directory; raises `ModelError`, and keeps the old one, for a bad one."""
        with self._lock:
            check_model(self.directory)
            model = load_model(self.directory)
            model.predict_proba([""])
            self.model = model
            self.loads += 1


class Refusal(HTTPException):
    """An answer that says what is wrong with a request."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, message)
        self.code = code


class _StrictRequest(Request):
    async def json(self) -> Any:
        try:
            return parse_object((await self.body()).decode(), "body")
        except (InputError, UnicodeDecodeError):
            message = "not a JSON object in UTF-8, or one with NaN, a repeated key or half a surrogate pair"
            raise Refusal(400, "bad_json", message) from None


class _StrictRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await handler(_StrictRequest(request.scope, request.receive))

        return handle


class _Metrics:
    def __init__(self, service: Service) -> None:
        self.registry = CollectorRegistry()
        prefix = "dutch_topics"
        self.requests = Counter(
            f"{prefix}_requests", "Requests answered.", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            f"{prefix}_request_seconds",
            "Time from a whole request to its answer.",
            ["route"],
            buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, inf),
            registry=self.registry,
        )
        self.batch = Histogram(
            f"{prefix}_batch_texts",
            "Texts scored in one call.",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, inf),
            registry=self.registry,
        )
        loads = Gauge(f"{prefix}_model_loads", "Models taken up since the start.", registry=self.registry)
        loads.set_function(lambda: service.loads)


def create_app(service: Service, limits: Limits) -> FastAPI:
    """The application that answers for `service`, within `limits`."""
    app = FastAPI(
        title="dutch-topics",
        summary="Tells which of four topics a Dutch passage is about: " + ", ".join(TOPICS) + ".",
        version=service.model.config["versions"]["dutch-topics"],
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # to whatever host the client named
        strict_content_type=False,  # clients of the Open Inference Protocol send none
    )
    app.router.route_class = _StrictRoute
    metrics = _Metrics(service)
    # The model is looked up at each batch: another may have been taken up.
    gatherer = Gatherer(lambda texts: service.model.scorer.score(texts), metrics.batch.observe)
    _add_errors(app)
    app.add_middleware(_Measured, metrics=metrics)
    _add_own(app, service, gatherer, limits)
    _add_hugging_face(app, gatherer, limits)
    _add_open_inference(app, service, gatherer, limits)
    _add_state(app, service, metrics)
    _add_page(app)
    return app


def _answer(values: Any, status: int = 200) -> Response:
    return Response(json.dumps(values, ensure_ascii=False), status, media_type="application/json")


def _refusal(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(error_body(code, message), status, headers, media_type="application/json")


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> Response:
        code = error.code if isinstance(error, Refusal) else CODES.get(error.status_code, "bad_request")
        return _refusal(error.status_code, code, error.detail, error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        if first["loc"] == ("body",) and first["type"] == "model_attributes_type":  # it was not read as JSON
            return _refusal(415, "unsupported_media_type", "send it as application/json")
        # What the client made up does not come back: names of fields only.
        place = ".".join(part for part in first["loc"][1:2] if part in _FIELDS)
        message = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            message = "a name that is not known"
        return _refusal(422, "invalid", f"{place}: {message}" if place else message)

    @app.exception_handler(InputError)
    async def bad_input(_: Request, error: InputError) -> Response:
        return _refusal(422, "invalid", str(error))

    @app.exception_handler(Exception)
    async def broken(_: Request, __: Exception) -> Response:
        return _refusal(500, "internal", "this should not have happened")


_FIELDS = frozenset(
    name
    for schema in (PredictRequest, DocumentRequest, ClassificationRequest, InferRequest)
    for name in schema.model_fields
)


class _Measured:
    """An ASGI application around `app` that counts and times what it answers."""

    def __init__(self, app: App, metrics: _Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        begun = perf_counter()
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            path = getattr(scope.get("route"), "path", "unknown")  # what a client makes up is no label
            self.metrics.requests.labels(path, str(status)).inc()
            self.metrics.seconds.labels(path).observe(perf_counter() - begun)


def _check_texts(texts: list[str], limits: Limits) -> list[str]:
    if len(texts) > limits.texts:
        raise Refusal(422, "too_many", f"more than {limits.texts:,} texts in one request")
    for number, text in enumerate(texts):
        if len(text) > limits.characters:
            message = f"text {number} has more than {limits.characters:,} characters"
            raise Refusal(422, "too_long", message)
    return texts


def _add_own(app: FastAPI, service: Service, gatherer: Gatherer, limits: Limits) -> None:
    @app.post("/predict", response_model=PredictionAnswer | PredictAnswer, responses=PROBLEMS)
    async def predict(asked: PredictRequest) -> Response:
        """The topics of a text, or of each text of a list."""
        given: list[Any] = [asked] if asked.texts is None else asked.texts
        texts = [item if isinstance(item, str) else item.text for item in given]
        ids = [None if isinstance(item, str) else item.id for item in given]
        if asked.explain:
            if len(texts) > EXPLAINED:
                raise Refusal(422, "too_many", f"more than {EXPLAINED} texts to explain in one request")
            if any(len(text) > LONGEST_EXPLAINED for text in texts):
                raise Refusal(422, "too_long", f"more than {LONGEST_EXPLAINED:,} characters to explain")
        model = service.model
        limit, sure = model.bars(_named(asked.thresholds), asked.precision)
        rows = await gatherer.score(checked_texts(_check_texts(texts, limits)))
        answers = []
        for number, text, row in zip(ids, texts, rows, strict=True):
            answer = _prediction(make_prediction(text, row, limit, sure), asked.topics)
            if asked.explain:
                answer["explanation"] = await asyncio.to_thread(
                    _explanation, model, text, limit, asked.topics
                )
            answers.append(answer if number is None else {"id": number, **answer})
        return _answer(answers[0] if asked.texts is None else {"predictions": answers})

    @app.post("/document", response_model=DocumentAnswer, responses=PROBLEMS)
    async def document(asked: DocumentRequest) -> Response:
        """What an article is about, sentence by sentence and as a whole."""
        model = service.model
        _check_texts([asked.text], limits)
        answer = await asyncio.to_thread(_document, model, asked)
        return _answer(answer if asked.id is None else {"id": asked.id, **answer})


def _named(thresholds: Mapping[Topic, float]) -> dict[str, float]:
    return {str(topic): threshold for topic, threshold in thresholds.items()}


def _prediction(prediction: Prediction, topics: list[Any] | None) -> dict[str, Any]:
    answer = prediction.to_dict()
    if topics is not None:
        for name in ("topics", "unsure"):
            answer[name] = [topic for topic in answer[name] if topic in topics]
        answer["scores"] = {topic: answer["scores"][topic] for topic in TOPICS if topic in topics}
    return answer


def _explanation(
    model: TopicModel, text: str, thresholds: Mapping[str, float], topics: list[Any] | None
) -> dict[str, Any]:
    values = model.explain(text, thresholds).to_dict(STRONGEST)
    if topics is not None:
        values["topics"] = {topic: values["topics"][topic] for topic in TOPICS if topic in topics}
    return values


def _document(model: TopicModel, asked: DocumentRequest) -> dict[str, Any]:
    thresholds = model.limits(_named(asked.thresholds))
    answer = model.read(asked.text, thresholds).to_dict()
    if asked.explain:
        lengths = [len(sentence["text"]) for sentence in answer["sentences"]]
        if len(lengths) > SENTENCES_EXPLAINED or sum(lengths) > EXPLAINED * LONGEST_EXPLAINED:
            raise Refusal(422, "too_long", "too much text to explain; ask for one sentence at a time")
        if max(lengths, default=0) > LONGEST_EXPLAINED:
            message = f"a sentence of more than {LONGEST_EXPLAINED:,} characters to explain"
            raise Refusal(422, "too_long", message)
        for sentence in answer["sentences"]:
            sentence["explanation"] = _explanation(model, sentence["text"], thresholds, None)
    return answer


def _add_hugging_face(app: FastAPI, gatherer: Gatherer, limits: Limits) -> None:
    @app.post("/", response_model=list[list[Label]], responses=PROBLEMS)
    async def classify(asked: ClassificationRequest) -> Response:
        """Hugging Face's text-classification task: every topic with its score, the highest first."""
        texts = [asked.inputs] if isinstance(asked.inputs, str) else asked.inputs
        rows = await gatherer.score(checked_texts(_check_texts(texts, limits)))
        parameters = asked.parameters or Parameters()
        answers = []
        for row in rows:
            scores = _applied(parameters.function_to_apply or "sigmoid", row[: len(TOPICS)])
            ranked = sorted(zip(scores, TOPICS, strict=True), key=lambda pair: -pair[0])
            labels = [{"label": topic, "score": score} for score, topic in ranked]
            answers.append(labels[: parameters.top_k])
        return _answer(answers)


def _applied(function: str, probabilities: list[float]) -> list[float]:
    if function == "sigmoid":
        return probabilities
    logits = [log(p) - log(1 - p) for p in (min(max(p, 1e-300), 1 - 1e-16) for p in probabilities)]
    if function == "none":
        return logits
    powers = [exp(logit - max(logits)) for logit in logits]
    return [power / sum(powers) for power in powers]


def _add_open_inference(app: FastAPI, service: Service, gatherer: Gatherer, limits: Limits) -> None:
    name = "dutch-topics"
    inputs = [{"name": "text", "datatype": "BYTES", "shape": [-1]}]
    labels = {"labels": TOPICS}
    scores = {"name": "scores", "datatype": "FP32", "shape": [-1, len(TOPICS)], "parameters": labels}

    def check_name(model: str) -> None:
        if model != name:
            raise Refusal(404, "not_found", f"the one model here is {name}")

    @app.get("/v2/health/live")
    async def live() -> Response:
        return _answer({"live": True})

    @app.get("/v2/health/ready", responses=PROBLEMS)
    async def ready() -> Response:
        return _answer({"ready": service.ready}, 200 if service.ready else 503)

    @app.get("/v2")
    async def server() -> Response:
        return _answer({"name": name, "version": app.version, "extensions": []})

    @app.get("/v2/models/{model}", responses=PROBLEMS)
    async def metadata(model: str) -> Response:
        check_name(model)
        return _answer(
            {
                "name": name,
                "versions": [service.model.config["versions"]["dutch-topics"]],
                "platform": "dutch-topics",
                "inputs": inputs,
                "outputs": [scores],
            }
        )

    @app.get("/v2/models/{model}/ready", responses=PROBLEMS)
    async def model_ready(model: str) -> Response:
        check_name(model)
        return _answer({"name": name, "ready": service.ready}, 200 if service.ready else 503)

    @app.post("/v2/models/{model}/infer", responses=PROBLEMS)
    async def infer(model: str, asked: InferRequest) -> Response:
        """Texts in, a row of four scores out for each."""
        check_name(model)
        tensor = asked.inputs[0]
        data: list[Any] = tensor.data
        texts = [text for row in data for text in row] if data and isinstance(data[0], list) else data
        size = 1
        for length in tensor.shape:
            size *= length
        if size != len(texts) or tensor.name != "text":
            raise Refusal(422, "invalid", "inputs: one tensor, text, with as many texts as its shape says")
        if asked.outputs is not None and any(output.name != "scores" for output in asked.outputs):
            raise Refusal(422, "invalid", "outputs: the one output is scores")
        rows = await gatherer.score(checked_texts(_check_texts(texts, limits)))
        values = [score for row in rows for score in row[: len(TOPICS)]]
        output = {**scores, "shape": [len(rows), len(TOPICS)], "data": values}
        answer = {"model_name": name, "model_version": app.version, "outputs": [output]}
        return _answer(answer if asked.id is None else {**answer, "id": asked.id})


def _add_state(app: FastAPI, service: Service, metrics: _Metrics) -> None:
    @app.get("/health/live")
    async def live() -> Response:
        """Whether the process answers at all."""
        return _answer({"live": True})

    @app.get("/health/ready", responses=PROBLEMS)
    async def ready() -> Response:
        """Whether requests are welcome: not before the model is there, nor when it is about to stop."""
        return _answer({"ready": True}) if service.ready else _refusal(503, "not_ready", "not ready")

    @app.get("/model")
    async def model() -> Response:
        """How the model was made."""
        config = dict(service.model.config)
        kept = ("topics", "thresholds", "versions", "training", "corpus", "shares")
        values = {name: config[name] for name in kept if name in config}
        scorer = "kernel" if service.model.scorer.compiled else "numpy"
        return _answer({"version": app.version, "scorer": scorer, **values})

    @app.get("/metrics", response_class=PlainTextResponse)
    async def read_metrics() -> Response:
        """Counts and times, for Prometheus."""
        return Response(generate_latest(metrics.registry), media_type="text/plain; version=0.0.4")


def _add_page(app: FastAPI) -> None:
    files = {"/": ("index.html", "text/html"), "/page.css": ("page.css", "text/css")}
    files["/page.js"] = ("page.js", "text/javascript")
    headers = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
    for path, (file, media_type) in files.items():
        content = (PAGE / file).read_bytes()

        def page(content: bytes = content, media_type: str = media_type) -> Response:
            return Response(content, headers=headers, media_type=media_type)

        app.add_api_route(path, page, include_in_schema=False)
