"""Kills the process of each scheduled task at several stages; lets another take each over.

``python -m tests.support.kill_jobs``, on the installation that the environment names: a process of
its own, single-threaded, so that it may fork those that are killed. Every task is done once without
trouble, which counts its statements and commits; then again for each stage, killed there and taken
over. Writes one JSON object a line: task, stage, and how the row ended.
"""

import json
import os
from dataclasses import replace
from datetime import timedelta

from ltc import clock, settings
from ltc.factory import create_house
from ltc.jobs.registry import RUNNERS
from ltc.jobs.running import machine_in, run_task
from ltc.rules.tasks import TASKS
from ltc.services import jobs
from ltc.services.payouts import send_back
from ltc.store.areas import get_area
from ltc.store.job_runs import find_job
from ltc.store.payout_runs import list_newest_runs
from tests.support.kill_runs import Counter, die
from tests.support.month import AFTER

STAGES = (40, 90)  # hundredths of a task's statements
LIVE = ("waiting", "running")
LATER = AFTER + timedelta(minutes=1)


def make_house():
    return create_house(replace(settings.load(), workers=1))


def plan(kind, number):
    """Plan the task anew, the month's run set aside, so that it has all its work before it."""
    house = make_house()
    with house.session_maker() as session:
        ctx = machine_in(house, session, get_area(session, 1), AFTER)
        if kind == "calculate_last_month":
            for run in list_newest_runs(session, ctx.actor):
                send_back(ctx, run_id=run.id, remark="for the next test")
        job_id = jobs.plan(ctx, kind=kind, schedule_key=f"{kind}:{number}", on=AFTER.date())
    house.engine.dispose()
    return job_id


def work(job_id, kill_at=None):
    house = make_house()
    counter = Counter(house.engine, kill_at, die)
    job = run_task(house, job_id, lambda: LATER)
    house.engine.dispose()
    return counter.count, job


def kill(job_id, at):
    child = os.fork()
    if child == 0:
        work(job_id, at)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def look(job_id):
    house = make_house()
    with house.session_maker() as session:
        job = find_job(session, job_id)
        found = {"status": job.status, "attempts": job.attempts, "message": job.message}
        found |= {"taken_over": "Taken over" in job.log, "result": job.result or {}}
    house.engine.dispose()
    return found


def main():
    clock.now = lambda: LATER  # the tasks themselves live in the month of the test, too
    for kind in TASKS:
        if kind not in RUNNERS:
            continue
        first = plan(kind, "first")
        steps, _job = work(first)
        print(json.dumps({"task": kind, "stage": None, **look(first)}), flush=True)
        for stage in STAGES:
            job_id = plan(kind, stage)
            was_killed = kill(job_id, max(3, steps * stage // 100))
            before = look(job_id)["status"]
            if was_killed and before in LIVE:
                work(job_id)
            told = {"task": kind, "stage": stage, "killed": was_killed, "before": before}
            print(json.dumps({**told, **look(job_id)}), flush=True)


if __name__ == "__main__":
    main()
