"""The service answers what it should, refuses what it must, and never breaks."""

import contextlib
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dutch_topics import TOPICS, TopicModel
from dutch_topics.guard import Limits
from dutch_topics.serving import say
from dutch_topics.store import save_model

from .conftest import ROOT, Run
from .serving import Server, serving

ARMY = "Nieuws van het leger kwam laat"
NOTHING = "Nieuws van regen kwam laat"


@pytest.fixture(scope="module")
def model(toy_model: TopicModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("served") / "model"
    save_model(toy_model, {"n": 1}, [], "# card\n", directory)
    return directory


@pytest.fixture(scope="module")
def server(model: Path) -> Iterator[Server]:
    with serving(model, "--max-texts", 50, "--max-characters", 5000, "--max-body", 100_000) as running:
        yield running


def test_one_text_and_a_list_are_answered_alike(server: Server, toy_model: TopicModel) -> None:
    status, one, _ = server.ask("POST", "/predict", {"text": ARMY, "id": "a"})
    assert (status, one["id"], one["topics"]) == (200, "a", ["military"])
    expected = toy_model.predict([ARMY])[0].scores
    assert one["scores"] == {topic: round(score, 6) for topic, score in expected.items()}
    status, many, _ = server.ask("POST", "/predict", {"texts": [{"text": ARMY, "id": "a"}, NOTHING]})
    assert many["predictions"][0] == one
    assert many["predictions"][1]["topics"] == []
    assert "id" not in many["predictions"][1]


def test_thresholds_topics_and_precision_are_heeded(server: Server) -> None:
    low = dict.fromkeys(TOPICS, 0)
    _, answer, _ = server.ask("POST", "/predict", {"text": ARMY, "thresholds": low})
    assert answer["topics"] == list(TOPICS)
    wanted = ["economy", "military"]
    _, answer, _ = server.ask("POST", "/predict", {"text": ARMY, "thresholds": low, "topics": wanted})
    assert answer["topics"] == ["military", "economy"]
    assert list(answer["scores"]) == ["military", "economy"]
    status, answer, _ = server.ask("POST", "/predict", {"text": ARMY, "precision": 0.99})
    assert (status, answer["error"]["code"]) == (422, "invalid")  # out of reach of a toy


def test_an_explanation_adds_up_over_the_wire(server: Server) -> None:
    _, answer, _ = server.ask("POST", "/predict", {"text": ARMY, "explain": True})
    found = answer["explanation"]["topics"]["military"]
    total = found["intercept"] + sum(word["contribution"] for word in found["words"])
    assert total == pytest.approx(found["logit"], abs=1e-6)
    assert found["flip"]["left_out"][0]["text"] == "leger"
    assert answer["explanation"]["nearest"]


def test_a_document_is_read_whole(server: Server) -> None:
    text = f"😀 Kop\n\n{ARMY}. {NOTHING}."
    status, answer, _ = server.ask("POST", "/document", {"text": text, "id": 3})
    assert (status, answer["id"], answer["topics"]) == (200, 3, ["military"])
    for sentence in answer["sentences"]:
        assert text[sentence["start"] : sentence["end"]].split() == sentence["text"].split()
    assert len(answer["course"]["military"]) == len(answer["sentences"])


def test_hugging_faces_client_works_unchanged(server: Server) -> None:
    from huggingface_hub import InferenceClient

    client = InferenceClient(model=server.url)
    found = client.text_classification(ARMY)
    assert [found[0].label, len(found)] == ["military", 4]
    assert [entry.score for entry in found] == sorted((entry.score for entry in found), reverse=True)
    assert len(client.text_classification(ARMY, top_k=2)) == 2
    softmax = client.text_classification(ARMY, function_to_apply="softmax")
    assert sum(entry.score for entry in softmax) == pytest.approx(1)
    _, many, _ = server.ask("POST", "/", {"inputs": [ARMY, NOTHING], "parameters": {"top_k": 1}})
    assert [row[0]["label"] for row in many] == ["military", many[1][0]["label"]]


def test_the_examples_of_the_documentation_run(server: Server) -> None:
    text = (ROOT / "docs/service.md").read_text("utf-8")
    found = re.findall(r"^```(sh|python)\n(.*?)^```", text, re.M | re.S)
    examples = [(kind, code) for kind, code in found if "127.0.0.1:8000" in code and "serve " not in code]
    assert [kind for kind, _ in examples] == ["sh", "python"]
    for kind, code in examples:
        program = ["bash", "-ec"] if kind == "sh" else [sys.executable, "-c"]
        code = code.replace("http://127.0.0.1:8000", server.url)
        done = subprocess.run([*program, code], capture_output=True, text=True, check=True)
        assert "score" in done.stdout
    for flag, default in re.findall(r"`--(max-\w+|concurrency|\w+-seconds)` \(([\d,]+)", text):
        limit = {"max-body": "body", "max-texts": "texts", "max-characters": "characters"}.get(flag, flag)
        assert getattr(Limits(), limit.replace("-", "_")) == int(default.replace(",", "")), flag


def test_a_client_of_the_open_inference_protocol_works(server: Server, toy_model: TopicModel) -> None:
    http = pytest.importorskip("tritonclient.http")
    client = http.InferenceServerClient(f"{server.host}:{server.port}")
    try:
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.is_model_ready("dutch-topics")
        metadata = client.get_model_metadata("dutch-topics")
        assert metadata["outputs"][0]["shape"] == [-1, 4]
        text = http.InferInput("text", [2], "BYTES")
        text.set_data_from_numpy(np.array([ARMY, NOTHING], dtype=object), binary_data=False)
        output = http.InferRequestedOutput("scores", binary_data=False)
        answer = client.infer("dutch-topics", [text], outputs=[output], request_id="7")
        assert np.allclose(answer.as_numpy("scores"), toy_model.predict_proba([ARMY, NOTHING]), atol=1e-6)
        assert answer.get_response()["id"] == "7"
    finally:
        client.close()


def test_state_and_metrics_are_told(server: Server) -> None:
    assert server.ask("GET", "/health/live")[:2] == (200, {"live": True})
    assert server.ask("GET", "/health/ready")[:2] == (200, {"ready": True})
    status, answer, _ = server.ask("GET", "/model")
    assert (status, answer["topics"]) == (200, list(TOPICS))
    server.ask("GET", "/made/up/by/a/client")
    metrics = server.ask("GET", "/metrics")[1]
    assert 'dutch_topics_requests_total{route="unknown",status="404"}' in metrics
    assert "made/up" not in metrics
    schema = server.ask("GET", "/openapi.json")[1]
    assert schema["components"]["schemas"]["PredictRequest"]["examples"]


def test_the_page_comes_with_a_strict_policy(server: Server) -> None:
    status, page, headers = server.ask("GET", "/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "<script" in page
    for path in ("/page.css", "/page.js"):
        assert server.ask("GET", path)[0] == 200


SECRET = "geheim-7f3a"
BAD = [
    (b"", 422, "invalid"),
    (b"{", 400, "bad_json"),
    (b"[" * 100_000, 400, "bad_json"),
    (b'{"a":' * 20_000, 400, "bad_json"),
    (b'{"text": NaN}', 400, "bad_json"),
    (b'{"text": "a", "text": "b"}', 400, "bad_json"),
    (b'{"text": "\\ud800"}', 400, "bad_json"),
    (b'{"text": "\xff"}', 400, "bad_json"),
    (b'{"text": "a", "precision": 1e999}', 400, "bad_json"),
    (b'{"text": "a", "precision": ' + b"9" * 5000 + b"}", 400, "bad_json"),
    (b'{"text": "a", "id": 99999999999999999999999}', 422, "invalid"),
    (b'"text"', 400, "bad_json"),
    (b'{"text": 5}', 422, "invalid"),
    (b'{"text": null}', 422, "invalid"),
    (b'{"text": "a", "texts": ["b"]}', 422, "invalid"),
    (b'{"texts": "a"}', 422, "invalid"),
    (b'{"texts": [["a"]]}', 422, "invalid"),
    (b'{"text": "a", "geheim-7f3a": 1}', 422, "invalid"),
    (b'{"text": "a", "thresholds": {"geheim-7f3a": 0.5}}', 422, "invalid"),
    (b'{"text": "a", "thresholds": {"military": "geheim-7f3a"}}', 422, "invalid"),
    (b'{"text": "a", "thresholds": {"military": true}}', 422, "invalid"),
    (b'{"text": "a", "topics": []}', 422, "invalid"),
    (json.dumps({"text": "a", "topics": ["military"] * 5}).encode(), 422, "invalid"),
    (b'{"text": "geheim-7f3a\\u0000"}', 422, "invalid"),
    (json.dumps({"texts": ["a"] * 51}).encode(), 422, "too_many"),
    (json.dumps({"texts": ["a"] * 21, "explain": True}).encode(), 422, "too_many"),
    (json.dumps({"text": "a" * 5001}).encode(), 422, "too_long"),
    (json.dumps({"text": "a" * 100_001}).encode(), 413, "too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD, ids=[str(body[:40]) for body, _, _ in BAD])
def test_bad_input_gets_one_shape_of_error_and_no_echo(
    server: Server, body: bytes, status: int, code: str
) -> None:
    found, answer, _ = server.ask("POST", "/predict", body)
    assert (found, answer["error"]["code"]) == (status, code)
    assert set(answer) == {"error"}
    assert set(answer["error"]) == {"code", "message"}
    assert SECRET not in json.dumps(answer)
    assert server.ask("POST", "/predict", {"text": ARMY})[0] == 200


def test_a_body_that_is_not_said_to_be_json_is_told_so(server: Server) -> None:
    for kind in ("application/x-www-form-urlencoded", "text/plain", "a/b;;;"):  # the first is curl's own
        status, answer, _ = server.ask("POST", "/predict", {"text": ARMY}, {"Content-Type": kind})
        assert (status, answer["error"]["code"]) == (415, "unsupported_media_type")


def test_a_tensor_has_a_shape_worth_working_out(server: Server) -> None:
    tensor = {"name": "text", "datatype": "BYTES", "data": [ARMY]}
    for shape, status in (([1, 1], 200), ([2], 422), ([1] * 9, 422)):  # 80,000 take ten seconds
        asked = {"inputs": [{**tensor, "shape": shape}]}
        assert server.ask("POST", "/v2/models/dutch-topics/infer", asked)[0] == status


def test_no_more_of_an_article_is_explained_than_of_texts(server: Server) -> None:
    for text in ("a b " * 501, "Ja.\n\n" * 401):
        assert server.ask("POST", "/document", {"text": text})[0] == 200
        status, answer, _ = server.ask("POST", "/document", {"text": text, "explain": True})
        assert (status, answer["error"]["code"]) == (422, "too_long")


def test_ways_that_are_not_there_get_the_same_shape(server: Server) -> None:
    asked = ("GET", "/predict", 405), ("POST", "/nergens", 404), ("PUT", "/", 405), ("POST", "/predict/", 404)
    for method, path, status in asked:
        found, answer, _ = server.ask(method, path, {"text": ARMY})
        assert (found, set(answer["error"])) == (status, {"code", "message"})


RAW = [
    b"\x00\xff\x16\x03\x01\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999999\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X-A: " + b"a" * 300_000 + b"\r\n\r\n",
]


def receive(connection: socket.socket, until_closed: bool = False) -> bytes:
    """One answer, or what there is of it when the server closes or falls silent."""
    received = b""
    with contextlib.suppress(ConnectionError, *(() if until_closed else (TimeoutError,))):
        while chunk := connection.recv(65536):
            received += chunk
            if not until_closed and re.search(rb"\r\n\r\n.*}$", received, re.DOTALL):
                break
    return received


def exchange(server: Server, data: bytes, seconds: float = 5, until_closed: bool = False) -> bytes:
    """Send bytes as they are, and give what comes back; raises `TimeoutError` for silence `until_closed`."""
    with socket.create_connection((server.host, server.port), timeout=seconds) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(data)
        return receive(connection, until_closed)


@pytest.mark.parametrize("data", RAW, ids=[str(data[:40]) for data in RAW])
def test_bytes_that_are_not_http_do_no_harm(server: Server, data: bytes) -> None:
    received = exchange(server, data, 1)
    assert not received or received.startswith(b"HTTP/1.1 ")
    assert not received.startswith(b"HTTP/1.1 5")
    assert server.ask("POST", "/predict", {"text": ARMY})[0] == 200


def test_a_body_in_chunks_is_read(server: Server) -> None:
    body = json.dumps({"text": ARMY}).encode()
    chunks = b"".join(b"1\r\n" + body[i : i + 1] + b"\r\n" for i in range(len(body))) + b"0\r\n\r\n"
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    received = exchange(server, head + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    assert received.startswith(b"HTTP/1.1 200 ")


def test_slow_clients_are_left_and_hold_up_nobody(model: Path) -> None:
    options = ("--head-seconds", 1, "--body-seconds", 1, "--concurrency", 4)
    with serving(model, *options) as server:
        slow = [socket.create_connection((server.host, server.port)) for _ in range(60)]
        begun = time.monotonic()
        for number, connection in enumerate(slow):
            if number % 2:
                connection.sendall(b"POST /predict HTTP/1.1\r\nHo")
            else:
                head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{"
                connection.sendall(head)
        for _ in range(20):  # though far more than four are waiting
            assert server.ask("POST", "/predict", {"text": ARMY})[0] == 200
        for connection in slow:
            connection.settimeout(10)
            assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")
            connection.close()
        assert time.monotonic() - begun >= 1
        assert server.ask("POST", "/predict", {"text": ARMY})[0] == 200


HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


def test_deadlines_hold_behind_another_request(model: Path) -> None:
    with serving(model, "--head-seconds", 1, "--body-seconds", 1, "--answer-seconds", 1) as server:
        body = json.dumps({"text": ARMY}).encode()
        begun = HEAD % len(body) + body + HEAD % len(body) + body[:5]
        received = exchange(server, begun, 10, until_closed=True)
        assert received.startswith(b"HTTP/1.1 200 ")
        assert b"HTTP/1.1 408 " in received


def test_a_client_that_does_not_read_is_left(model: Path) -> None:
    with serving(model, "--answer-seconds", 1) as server:
        with socket.create_connection((server.host, server.port), timeout=10) as connection:
            # Answers of 40 kB each: more than sockets hold.
            connection.sendall(b"GET /page.js HTTP/1.1\r\nHost: x\r\n\r\n" * 500)
            time.sleep(2)
            received = receive(connection, until_closed=True)
        assert received.startswith(b"HTTP/1.1 200 ")
        assert received.count(b"HTTP/1.1 200 ") < 500


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of this kind")
def test_silent_clients_leave_room_where_few_files_may_be_open(model: Path) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
    try:
        starting = serving(model)
        server = starting.__enter__()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with contextlib.ExitStack() as stack:
        stack.push(starting)
        for sent in (b"", HEAD % 50 + b"{"):
            for _ in range(90):
                silent = socket.create_connection((server.host, server.port), timeout=10)
                stack.enter_context(silent).sendall(sent)
            assert server.ask("POST", "/predict", {"text": ARMY})[0] == 200


def test_an_upgrade_is_not_to_be_had(server: Server) -> None:
    upgrade = b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    post = (HEAD % 2)[:-2] + upgrade + b"{}"
    assert exchange(server, post, until_closed=True).startswith(b"HTTP/1.1 400 ")
    get = b"GET /health/live HTTP/1.1\r\nHost: x\r\n" + upgrade
    received = exchange(server, get, until_closed=True)
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in received


def test_requests_beyond_the_limit_are_told_to_come_back(model: Path) -> None:
    with serving(model, "--concurrency", 1, "--max-characters", 200_000) as server:
        statuses: list[tuple[int, dict[str, str]]] = []

        def ask() -> None:
            long = {"text": (ARMY + ". ") * 3000}
            status, _, headers = server.ask("POST", "/document", long)
            statuses.append((status, headers))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {status for status, _ in statuses} == {200, 503}
        assert all(headers["retry-after"] == "1" for status, headers in statuses if status == 503)


def test_a_token_is_asked_for_where_there_is_one(model: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cr3t\n")
    with serving(model, "--token-file", tmp_path / "token") as server:
        for headers in ({}, {"Authorization": "Bearer s3cr3"}, {"Authorization": "Basic s3cr3t"}):
            status, answer, found = server.ask("POST", "/predict", {"text": ARMY}, headers)
            assert (status, answer["error"]["code"]) == (401, "unauthorized")
            assert found["www-authenticate"] == "Bearer"
        assert server.ask("POST", "/", {"inputs": ARMY})[0] == 401  # GET / is the page
        good = {"Authorization": "Bearer s3cr3t"}
        assert server.ask("POST", "/predict", {"text": ARMY}, good)[0] == 200
        assert server.ask("GET", "/metrics")[0] == 401
        assert server.ask("GET", "/health/ready")[0] == 200
        assert server.ask("GET", "/")[0] == 200  # the page asks for the token


def test_a_kill_under_load_loses_no_request(model: Path) -> None:
    with serving(model) as server:
        outcomes: list[int | str] = []
        stopping = threading.Event()

        def ask_until_gone() -> None:
            while True:
                begun_after = stopping.is_set()
                try:
                    outcomes.append(server.ask("POST", "/predict", {"texts": [ARMY] * 200})[0])
                except OSError as error:
                    # Nobody listens any more; a connection made before must have been answered.
                    outcomes.append("refused" if begun_after or stopping.is_set() else repr(error))
                    return

        threads = [threading.Thread(target=ask_until_gone) for _ in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        stopping.set()
        assert server.stop(signal.SIGTERM) == 0
        for thread in threads:
            thread.join()
        assert outcomes.count(200) > 8
        assert set(outcomes) == {200, "refused"}


def test_a_request_that_is_under_way_is_answered_before_the_end(model: Path) -> None:
    with serving(model) as server:
        body = json.dumps({"text": ARMY}).encode()
        head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
        with (
            socket.create_connection((server.host, server.port), timeout=10) as begun,
            socket.create_connection((server.host, server.port), timeout=10) as idle,
        ):
            begun.sendall(head % len(body) + body[:10])
            idle.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            assert receive(idle).startswith(b"HTTP/1.1 200 ")
            time.sleep(0.2)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            begun.sendall(body[10:])
            idle.sendall(head % len(body) + body)  # sent when the client could not know
            assert receive(begun).startswith(b"HTTP/1.1 200 ")
            assert receive(idle).startswith(b"HTTP/1.1 200 ")
        assert server.process.wait(timeout=10) == 0


def wait_for(server: Server, text: str) -> None:
    """Wait until the server has said `text`."""
    for _ in range(200):
        if text in server.said():
            return
        time.sleep(0.05)
    raise AssertionError(server.said())


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_a_new_model_is_taken_up_and_a_bad_one_is_not(toy_model: TopicModel, tmp_path: Path) -> None:
    directory = tmp_path / "model"
    save_model(toy_model, {"n": 1}, [], "# card\n", directory)

    with serving(directory) as server:
        config = (directory / "config.json").read_bytes()
        (directory / "config.json").write_bytes(config + b" ")
        os.kill(server.process.pid, signal.SIGHUP)
        wait_for(server, "config.json was changed or cut short")
        assert "the old model goes on" in server.said()
        assert server.ask("POST", "/predict", {"text": ARMY})[1]["topics"] == ["military"]
        (directory / "config.json").write_bytes(config)
        other = toy_model.with_config()
        other.thresholds["military"] = 1.0
        save_model(other, {"n": 1}, [], "# card\n", directory)
        os.kill(server.process.pid, signal.SIGHUP)
        wait_for(server, "took up the model")
        assert server.ask("POST", "/predict", {"text": ARMY})[1]["topics"] == []
        assert "dutch_topics_model_loads 2.0" in server.ask("GET", "/metrics")[1]


def test_where_nobody_listens_the_service_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError

    for stderr in (None, Full()):
        monkeypatch.setattr(sys, "stderr", stderr)
        say("serving")
    assert capsys.readouterr().out == ""


def test_what_cannot_be_served_is_one_line(run: Run, model: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--model", model, "--port", port)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"error: 127.0.0.1:{port}: cannot listen there")
    done = run("serve", "--model", model, "--host", "a..b")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    done = run("serve", "--model", tmp_path / "weg")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    for content in ("\n", "een\ntwee\n"):
        (tmp_path / "bad").write_text(content)
        done = run("serve", "--model", model, "--token-file", tmp_path / "bad")
        assert (done.returncode, "no token" in done.stderr) == (2, True)


def test_answers_fit_the_published_schema(model: Path) -> None:
    """Requests made from the OpenAPI document, good and bad: none breaks the service."""
    schemathesis = pytest.importorskip("schemathesis")
    checks = pytest.importorskip("schemathesis.specs.openapi.checks")
    from hypothesis import HealthCheck, given, settings

    from dutch_topics.guard import Guard
    from dutch_topics.service import Service, create_app

    limits = Limits()
    service = Service(model)
    service.ready = True
    schema = schemathesis.openapi.from_asgi("/openapi.json", Guard(create_app(service, limits), limits))

    def check(operation: Any) -> None:
        @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def call(case: Any) -> None:
            # What the schema cannot say (text or texts, no NUL in them) is refused all the same.
            case.validate_response(case.call(), excluded_checks=[checks.positive_data_acceptance])

        call()

    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 10
    for operation in operations:
        check(operation)
