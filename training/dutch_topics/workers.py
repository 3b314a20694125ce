"""Work spread over processes, with the answers in the order of the work."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

from .errors import DutchTopicsError

HEAD = struct.Struct("<Q")  # the length of what follows
T = TypeVar("T")
R = TypeVar("R")
AHEAD = 2  # items a process that are given out before their turn


@contextmanager
def started(
    processes: int, work: Callable[[T], R], make: Callable[..., Callable[[T], R]], *arguments: object
) -> Iterator[Callable[[Iterable[T]], Iterator[R]]]:
    """Give a function like `map` with `work`, done here and in other `processes` with `make(*arguments)`.

    It gives the answers in the order of the items. A `DutchTopicsError`, also one of the items
    themselves, is raised when its turn comes. The processes end with the block, and with this one.
    """
    context = multiprocessing.get_context("spawn")
    others = []
    pool = ThreadPoolExecutor(processes)  # a thread waits for each process
    try:
        with _without_interrupts():
            for _ in range(processes):
                ours, theirs = socket.socketpair()
                other = context.Process(target=_serve, args=(theirs, make, arguments), daemon=True)
                other.start()
                theirs.close()  # so that its end is heard
                others.append((other, ours))
        idle: SimpleQueue[socket.socket] = SimpleQueue()
        for _, ours in others:
            idle.put(ours)
        yield partial(_in_order, work, lambda item: pool.submit(_ask, idle, item), AHEAD * processes)
    finally:
        for other, _ in others:
            other.terminate()
            other.join()
        pool.shutdown(cancel_futures=True)
        for _, ours in others:
            ours.close()


def _in_order(
    work: Callable[[T], R], submit: Callable[[T], Future[R]], most: int, items: Iterable[T]
) -> Iterator[R]:
    coming: deque[Future[R]] = deque()
    for item in _to_the_first_error(items):
        if isinstance(item, DutchTopicsError):
            coming.append(_done(_raise, item))
        elif sum(not future.done() for future in coming) < most:
            coming.append(submit(item))
        else:
            coming.append(_done(work, item))
        while coming and (coming[0].done() or len(coming) > 2 * most):
            yield coming.popleft().result()
    while coming:
        yield coming.popleft().result()


def _to_the_first_error(items: Iterable[T]) -> Iterator[T | DutchTopicsError]:
    try:
        yield from items
    except DutchTopicsError as error:
        yield error


def _raise(error: DutchTopicsError) -> Any:
    raise error


def _done(work: Callable[[T], R], item: T) -> Future[R]:
    future: Future[R] = Future()
    try:
        future.set_result(work(item))
    except DutchTopicsError as error:
        future.set_exception(error)
    return future


def _ask(idle: SimpleQueue[socket.socket], item: T) -> Any:
    ours = idle.get()
    try:
        _send(ours, item)
        answer = _receive(ours)
    except (EOFError, OSError):
        raise DutchTopicsError(
            "a worker process died, maybe for want of memory: use fewer --jobs; "
            "the same command goes on where it broke off"
        ) from None
    finally:
        idle.put(ours)
    if isinstance(answer, DutchTopicsError):
        raise answer
    return answer


def _serve(theirs: socket.socket, make: Callable[..., Callable[[T], R]], arguments: tuple[object]) -> None:
    answer: R | DutchTopicsError
    try:
        work = make(*arguments)
    except DutchTopicsError as error:
        work = partial(_raise, error)
    while True:
        try:
            item = _receive(theirs)
            try:
                answer = work(item)
            except DutchTopicsError as error:
                answer = error
            _send(theirs, answer)
        except (EOFError, OSError):  # nobody is there any more
            return


def _send(connection: socket.socket, value: object) -> None:
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    connection.sendall(HEAD.pack(len(data)))
    connection.sendall(data)


def _receive(connection: socket.socket) -> Any:
    (length,) = HEAD.unpack(_read(connection, HEAD.size))
    return pickle.loads(_read(connection, length))


def _read(connection: socket.socket, length: int) -> bytearray:
    data = bytearray(length)
    # In one call: after each the thread would have to wait for the one that does the work here.
    if connection.recv_into(data, length, socket.MSG_WAITALL) < length:
        raise EOFError
    return data


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Ctrl-C reaches every process of a terminal; those started meanwhile leave it to this one."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
