"""Training jobs: channels in, model.tar.gz out."""

from datetime import UTC, datetime
from typing import Any

from local.jobs.checkpoints import checkpoints
from local.jobs.container import Container, command_of, role_environment
from local.jobs.host import Host
from local.jobs.job import Job, JobFailed, JobStopped
from local.jobs.metrics import LogMetrics
from local.jobs.opt_ml import OptMl

MESSAGES = {
    "Starting": "Starting the training job",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
}


def train(host: Host, job: Job) -> None:
    """Runs the image's `train` on SageMaker's layout."""
    request = job.request
    model_uri = f"{request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{job.name}/output/model.tar.gz"
    opt_ml = host.opt_ml(job, request["RoleArn"])
    try:
        _enter(job, "Downloading")
        for channel in request.get("InputDataConfig", []):
            source = channel["DataSource"]["S3DataSource"]
            target = opt_ml.folder / "input/data" / channel["ChannelName"]
            opt_ml.download(source["S3Uri"], source["S3DataType"], target)
        _write_configuration(opt_ml, request)
        _enter(job, "Training")
        job.start()
        with checkpoints(opt_ml, request.get("CheckpointConfig")):
            stopped = _run_container(host, job, opt_ml)
        _enter(job, "Uploading")
        opt_ml.upload(opt_ml.pack_model(), model_uri)
        job.note(ModelArtifacts={"S3ModelArtifacts": model_uri})
        if stopped:
            raise stopped
    finally:
        _leave(job)
        opt_ml.remove()


def _run_container(host: Host, job: Job, opt_ml: OptMl) -> JobStopped | None:
    """Runs the code to its end; what a stopped job has left in its model folder is kept, as on AWS."""
    request = job.request
    isolated = request.get("EnableNetworkIsolation", False)
    environment = role_environment(host.cloud, host.sessions, request["RoleArn"], isolated)
    environment |= {"TRAINING_JOB_NAME": job.name, "TRAINING_JOB_ARN": job.arn, **request.get("Environment", {})}
    command = command_of(request["AlgorithmSpecification"], ["train"])
    metrics = LogMetrics(request["AlgorithmSpecification"].get("MetricDefinitions", []))
    try:
        container = Container(host.cloud, job, opt_ml, command, environment, isolated=isolated, reader=metrics.read)
        code = container.wait()
    except JobStopped as stopped:
        return stopped
    finally:
        job.note(**metrics.facts())
    if code:
        raise JobFailed(f"AlgorithmError: {opt_ml.text('output/failure')}, exit code: {code}")
    return None


def _write_configuration(opt_ml: OptMl, request: dict[str, Any]) -> None:
    channels = {
        channel["ChannelName"]: {
            "ContentType": channel.get("ContentType"),
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        }
        for channel in request.get("InputDataConfig", [])
    }
    opt_ml.write_config("input/config/hyperparameters.json", request.get("HyperParameters", {}))
    opt_ml.write_config("input/config/inputdataconfig.json", channels)
    opt_ml.write_config("input/config/resourceconfig.json", one_host(request["ResourceConfig"]["InstanceType"]))


def one_host(instance_type: str) -> dict[str, Any]:
    """resourceconfig.json of a job on a single instance."""
    group = {"instance_group_name": "homogeneousCluster", "instance_type": instance_type, "hosts": ["algo-1"]}
    return {
        "current_host": "algo-1",
        "current_instance_type": instance_type,
        "current_group_name": "homogeneousCluster",
        "hosts": ["algo-1"],
        "instance_groups": [group],
        "network_interface_name": "eth0",
    }


def _enter(job: Job, status: str) -> None:
    _leave(job)
    now = datetime.now(UTC)
    step = {"Status": status, "StartTime": now, "StatusMessage": MESSAGES[status]}
    job.note(
        SecondaryStatus=status, SecondaryStatusTransitions=[*job.facts.get("SecondaryStatusTransitions", []), step]
    )


def _leave(job: Job) -> None:
    steps = job.facts.get("SecondaryStatusTransitions", [])
    if steps:
        job.note(SecondaryStatusTransitions=[*steps[:-1], steps[-1] | {"EndTime": datetime.now(UTC)}])
