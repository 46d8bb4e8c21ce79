from __future__ import annotations

import threading

import pytest

from hl7console.engine.console import JobReport
from hl7console.engine.jobs import MAX_JOBS, EngineJob, JobRunner
from hl7console.errors import ConsoleError, UsageError, WorkspaceError


def test_a_job_reports_and_is_forgotten():
    runner = JobRunner()
    told = threading.Event()

    def work(job: EngineJob) -> JobReport:
        job.advance(3, 4, "half way")
        return JobReport(text="done", messages=4)

    job = runner.submit("import", work)
    job.when_done(told.set)
    assert job.result(5).messages == 4
    assert told.wait(5)
    assert job.done()
    assert (job.progress().done, job.progress().total) == (3, 4)
    assert runner.stop(5)


def test_a_users_fault_is_raised_as_it_is():
    def work(_: EngineJob) -> JobReport:
        raise UsageError("No such thing.", hint="Look again.")

    with pytest.raises(UsageError, match="No such thing") as caught:
        JobRunner().submit("x", work).result(5)
    assert caught.value.hint == "Look again."


@pytest.mark.expects_log
def test_our_own_fault_is_raised_without_its_content():
    def work(_: EngineJob) -> JobReport:
        raise ValueError("MARLOWE^TESS")

    with pytest.raises(ConsoleError, match="ValueError") as caught:
        JobRunner().submit("x", work).result(5)
    assert "MARLOWE" not in str(caught.value)


def test_waiting_is_bounded_and_cancelling_ends_a_pause():
    runner = JobRunner()

    def work(job: EngineJob) -> JobReport:
        assert job.pause(60)
        return JobReport(cancelled=job.is_cancelled)

    job = runner.submit("x", work)
    with pytest.raises(TimeoutError):
        job.result(0.01)
    job.cancel()
    assert job.result(5).cancelled


def test_stopping_cancels_and_takes_no_more():
    runner = JobRunner()

    def work(job: EngineJob) -> JobReport:
        job.pause(60)
        return JobReport(cancelled=True)

    jobs = [runner.submit("x", work) for _ in range(3)]
    assert runner.stop(5)
    assert all(job.result(0).cancelled for job in jobs)
    with pytest.raises(WorkspaceError, match="stopping"):
        runner.submit("x", work)


def test_a_job_that_is_just_starting_can_be_waited_for(monkeypatch: pytest.MonkeyPatch):
    runner = JobRunner()
    stopper = threading.Thread(target=runner.stop, args=(5,))
    start = EngineJob.start

    def start_while_another_thread_stops(job: EngineJob, on_end: object) -> None:
        stopper.start()
        stopper.join(0.2)
        start(job, on_end)

    monkeypatch.setattr(EngineJob, "start", start_while_another_thread_stops)
    job = runner.submit("x", lambda _: JobReport(text="done"))
    assert job.result(5).text == "done"
    stopper.join(5)
    assert not stopper.is_alive()


def test_the_number_of_jobs_is_limited():
    runner = JobRunner()
    go = threading.Event()

    def work(_: EngineJob) -> JobReport:
        go.wait(10)
        return JobReport()

    for _ in range(MAX_JOBS):
        runner.submit("x", work)
    with pytest.raises(WorkspaceError, match="under way"):
        runner.submit("x", work)
    go.set()
    assert runner.stop(10)


def test_time_left_follows_the_share(monkeypatch: pytest.MonkeyPatch):
    job = EngineJob("x", lambda _: JobReport())
    assert job.progress().left_s == -1
    monkeypatch.setattr("hl7console.engine.jobs.time.monotonic", lambda: job._started_s + 10.0)
    job.advance(100, share=0.25)
    assert job.progress().rate_per_s == pytest.approx(10.0)
    assert job.progress().left_s == pytest.approx(30.0)
    job.advance(100, 200)
    assert job.progress().left_s == pytest.approx(10.0)
    job.advance(100)
    assert job.progress().left_s == -1


def test_pausing_holds_the_work_and_cancelling_ends_the_pause():
    runner = JobRunner()
    at_pause, may_look = threading.Event(), threading.Event()

    def work(job: EngineJob) -> JobReport:
        at_pause.set()
        assert may_look.wait(5)
        assert job.wait_while_paused() >= 0.0
        assert job.wait_while_paused() == 0.0 or job.is_cancelled
        return JobReport(cancelled=job.is_cancelled)

    for ends_by_cancel in (False, True):
        at_pause.clear()
        may_look.clear()
        job = runner.submit("x", work)
        assert at_pause.wait(5)
        job.set_paused(True)
        assert job.progress().is_paused
        may_look.set()
        with pytest.raises(TimeoutError):
            job.result(0.05)
        if ends_by_cancel:
            job.cancel()
        else:
            job.set_paused(False)
        assert job.result(5).cancelled == ends_by_cancel
        assert not job.progress().is_paused
    assert runner.stop(5)
