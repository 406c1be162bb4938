"""The worker: sends owed mail, does the periodic jobs and builds packages.

Any number of workers may run, on any machine: each mail, job and package is claimed in the database first.
"""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import dataclass, field

from flask import Flask

from petition import periodic_jobs
from petition.core import metrics
from petition.core.logs import log
from petition.deliveries.packages import building
from petition.mail.sending import LOOK_SECONDS, Mailer
from petition.updates import feeding as updates

JOBS_SECONDS = 5.0
PACKAGES_SECONDS = 1.0
TROUBLE_SECONDS = 1.0


@dataclass
class Worker:
    """One process's worth of work. `run` returns when stopped, or with `once` when nothing is due any more."""

    app: Flask
    once: bool = False
    sent: int = 0
    stopping: bool = False
    _over: threading.Event = field(default_factory=threading.Event)

    def stop(self, *_signal: object) -> None:
        """Asks the worker to end. A plain flag: taking a lock in a signal handler can block for ever."""
        self.stopping = True

    def run(self) -> None:
        """Works until stopped. What is being sent is finished; what was only claimed is given back."""
        mailer = Mailer(self.app)
        beside = [
            threading.Thread(target=self._do_jobs, name="jobs"),
            threading.Thread(target=self._build_packages, name="packages"),
        ]
        for thread in beside:
            thread.start()
        try:
            while not self.stopping:
                if not self._work(mailer):
                    if self.once:
                        break
                    time.sleep(LOOK_SECONDS)
        finally:
            self._over.set()
            mailer.close()
            for thread in beside:
                thread.join()
            self.sent = mailer.sent

    def _work(self, mailer: Mailer) -> bool:
        try:
            with self.app.app_context():
                feeding = updates.feed()
            return mailer.work() or feeding
        except Exception as error:
            if self.once:
                raise
            log.error("worker in trouble", exc_info=error)
            time.sleep(TROUBLE_SECONDS)
            return True

    def _do_jobs(self) -> None:
        """Does what is due, now and every few seconds, beside the mail: a long job holds up nobody's link."""
        while True:
            with self.app.app_context():
                periodic_jobs.do_due()
            if self.once or self._over.wait(JOBS_SECONDS):
                return

    def _build_packages(self) -> None:
        """Builds what waits, one package after the other, beside the mail and the jobs."""
        while not self.stopping:
            built = building.work(self.app, lambda: self.stopping)
            if not built and (self.once or self._over.wait(PACKAGES_SECONDS)):
                return


def run_worker(app: Flask, once: bool = False) -> int:
    """Runs a worker until SIGTERM or SIGINT, or with `once` until nothing is due; says how many mails it sent."""
    metrics.start(app.config["INSTANCE"])
    worker = Worker(app, once)
    signal.signal(signal.SIGTERM, worker.stop)
    signal.signal(signal.SIGINT, worker.stop)
    log.info("worker started")
    worker.run()
    return worker.sent
