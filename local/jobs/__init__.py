"""SageMaker jobs as processes of the container's code, or in its image."""

from local.cloud import Cloud
from local.jobs.api import install_api
from local.jobs.book import Book
from local.jobs.host import Host
from local.jobs.job import PROCESSING, TRAINING, TRANSFORM, TUNING
from local.jobs.launcher import Launcher
from local.jobs.models import install_models
from local.jobs.processing import process
from local.jobs.training import train
from local.jobs.transform import transform
from local.jobs.tuning import tune
from local.seams import Seams


def install(cloud: Cloud) -> None:
    """Has SageMaker's jobs run here."""
    book = cloud.keep(Book())
    seams = Seams(cloud)
    launcher = Launcher(Host(cloud), book, {TRAINING: train, PROCESSING: process, TRANSFORM: transform})
    launcher.runs[TUNING] = lambda _, job: tune(launcher, job)
    install_api(seams, cloud, book, launcher)
    install_models(cloud, seams)
    cloud.on_close(lambda: _stop_all(book))


def _stop_all(book: Book) -> None:
    jobs = book.unfinished()
    for job in jobs:
        job.stop()
    for job in jobs:
        job.finished.wait(timeout=15)
