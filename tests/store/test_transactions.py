import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from reflect_server.domain.trace import Trace
from reflect_server.errors import ConflictError, NotFoundError, StoreError
from reflect_server.store.protocol.store import Store, Transaction

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Make = Callable[..., Trace]


def in_threads(*functions: Callable[[], None]) -> None:
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_write_returns_the_result_of_its_function(store: Store):
    assert store.write(lambda tx: tx.projects.exists("p")) is True


def test_an_event_loop_goes_on_while_a_write_is_under_way(store: Store):
    async def write() -> str:
        started, release = threading.Event(), threading.Event()

        def work(tx: Transaction) -> str:
            started.set()
            release.wait()
            return "written" if tx.projects.exists("p") else "lost"

        async def let_go() -> None:
            await asyncio.to_thread(started.wait)
            release.set()

        written, _ = await asyncio.gather(store.write_async(work), let_go())
        return written

    assert asyncio.run(write()) == "written"


def test_writes_of_an_event_loop_take_effect_in_order(store: Store, a_trace: Make):
    traces = [a_trace(f"t{number}") for number in range(50)]

    async def write() -> None:
        await asyncio.gather(
            *(store.write_async(lambda tx, t=trace: tx.traces.insert(t)) for trace in traces)
        )

    asyncio.run(write())
    stored = store.read(lambda tx: tx.traces.page("p"))
    assert [trace.id for trace in stored] == [trace.id for trace in reversed(traces)]


def test_a_write_that_nobody_waits_for_any_longer_is_done(store: Store):
    async def write() -> None:
        written = asyncio.ensure_future(
            store.write_async(lambda tx: tx.projects.create("new", created_at=NOW))
        )
        await asyncio.sleep(0)
        written.cancel()
        with pytest.raises(asyncio.CancelledError):
            await written
        assert await store.write_async(lambda tx: tx.projects.exists("new"))

    asyncio.run(write())


def test_a_write_outlives_its_event_loop(store: Store):
    entered, release = threading.Event(), threading.Event()

    def work(tx: Transaction) -> None:
        entered.set()
        release.wait()
        tx.projects.create("new", created_at=NOW)

    async def write() -> None:
        written = asyncio.ensure_future(store.write_async(work))
        await asyncio.to_thread(entered.wait)
        written.cancel()

    asyncio.run(write())
    release.set()
    assert store.write(lambda tx: tx.projects.exists("new"))


def test_the_error_of_a_write_reaches_the_event_loop(store: Store, a_trace: Make):
    async def write() -> None:
        await store.write_async(lambda tx: tx.traces.insert(a_trace("t", project_id="missing")))

    with pytest.raises(NotFoundError, match="'missing' does not exist"):
        asyncio.run(write())


def test_a_function_that_raises_stores_nothing(store: Store, a_trace: Make):
    class CallersError(Exception):
        pass

    def work(tx: Transaction) -> None:
        tx.projects.create("new", created_at=NOW)
        tx.traces.insert(a_trace("t"))
        raise CallersError("no")

    with pytest.raises(CallersError, match="no"):
        store.write(work)
    assert not store.read(lambda tx: tx.projects.exists("new"))
    assert store.read(lambda tx: tx.traces.page("p")) == []


def test_a_failing_function_takes_no_other_with_it(store: Store, a_trace: Make):
    """
    All of them wait behind the first, so they share a transaction where the store groups.
    """
    entered, release = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def hold(tx: Transaction) -> None:
        entered.set()
        release.wait()
        tx.traces.insert(a_trace("taken"))

    def insert(trace_id: str) -> None:
        def work(tx: Transaction) -> None:
            tx.traces.insert(a_trace(f"{trace_id}-a"))
            tx.traces.insert(a_trace("taken" if trace_id == "bad" else f"{trace_id}-b"))

        try:
            store.write(work)
        except ConflictError as error:
            failures.append(error)

    holder = threading.Thread(target=lambda: store.write(hold))
    holder.start()
    entered.wait()
    others = [threading.Thread(target=insert, args=(i,)) for i in ("one", "bad", "two")]
    for thread in others:
        thread.start()
    release.set()
    for thread in (holder, *others):
        thread.join()
    stored = {t.id for t in store.read(lambda tx: tx.traces.page("p"))}
    assert stored == {"taken", "one-a", "one-b", "two-a", "two-b"}
    assert len(failures) == 1


def test_a_function_continues_after_an_error_that_it_handles(store: Store, a_trace: Make):
    def work(tx: Transaction) -> None:
        tx.traces.insert(a_trace("t"))
        with pytest.raises(ConflictError):
            tx.traces.insert(a_trace("t"))
        tx.traces.insert(a_trace("u"))

    store.write(work)
    assert [t.id for t in store.read(lambda tx: tx.traces.page("p"))] == ["u", "t"]


def test_eight_threads_write_without_loss(store: Store, a_trace: Make):
    def write(writer: int) -> None:
        for number in range(25):
            trace = a_trace(f"{writer}-{number}")
            store.write(lambda tx, trace=trace: tx.traces.insert(trace))

    in_threads(*(lambda writer=writer: write(writer) for writer in range(8)))
    stored = [t.id for t in store.read(lambda tx: tx.traces.page("p"))]
    assert sorted(stored) == sorted(f"{w}-{n}" for w in range(8) for n in range(25))


def test_eight_threads_claim_each_trace_once(store: Store, a_queued_trace: Make):
    def fill(tx: Transaction) -> None:
        for number in range(100):
            tx.traces.insert(a_queued_trace(f"t{number}"))

    store.write(fill)
    claimed: list[str] = []

    def claim_all() -> None:
        while trace := store.write(lambda tx: tx.traces.claim(now=NOW, until=NOW)):
            claimed.append(trace.trace_id)

    in_threads(*[claim_all] * 8)
    assert sorted(claimed) == sorted(f"t{n}" for n in range(100))


def test_a_read_sees_one_moment(store: Store):
    def work(tx: Transaction) -> bool:
        before = tx.projects.exists("new")
        store.write(lambda other: other.projects.create("new", created_at=NOW))
        return before or tx.projects.exists("new")

    assert store.read(work) is False
    assert store.read(lambda tx: tx.projects.exists("new")) is True


def test_a_read_must_not_write(store: Store):
    with pytest.raises(StoreError):
        store.read(lambda tx: tx.projects.create("new", created_at=NOW))
    assert not store.read(lambda tx: tx.projects.exists("new"))


def test_an_error_in_a_read_reaches_its_caller(store: Store):
    with pytest.raises(ZeroDivisionError):
        store.read(lambda _: 1 / 0)
    assert store.read(lambda tx: tx.projects.exists("p"))


def test_a_write_inside_a_write_is_refused(store: Store):
    with pytest.raises(StoreError, match="inside another write"):
        store.write(lambda _: store.write(lambda _: None))
    assert store.write(lambda tx: tx.projects.exists("p"))


def test_closing_finishes_what_was_accepted(open_store: Callable[[], Store]):
    store = open_store()
    entered, release = threading.Event(), threading.Event()

    def work(tx: Transaction) -> None:
        entered.set()
        release.wait()
        tx.projects.create("late", created_at=NOW)

    writer = threading.Thread(target=lambda: store.write(work))
    writer.start()
    entered.wait()
    closer = threading.Thread(target=store.close)
    closer.start()
    release.set()
    writer.join()
    closer.join()
    assert open_store().read(lambda tx: tx.projects.exists("late"))


def test_a_closed_store_refuses_politely(open_store: Callable[[], Store]):
    store = open_store()
    store.close()
    store.close()
    with pytest.raises(StoreError, match="is closed"):
        store.write(lambda _: None)
    with pytest.raises(StoreError, match="is closed"):
        store.read(lambda _: None)


def test_everything_is_there_after_opening_again(open_store: Callable[[], Store], a_trace: Make):
    store = open_store()
    store.write(lambda tx: tx.projects.create("p", created_at=NOW))
    store.write(lambda tx: tx.traces.insert(a_trace("t")))
    store.close()
    assert open_store().read(lambda tx: tx.traces.get("p", "t")) == a_trace("t")
