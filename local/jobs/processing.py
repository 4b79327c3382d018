"""Processing jobs: any command of the image between S3 inputs and S3 outputs."""

from typing import Any

from local.jobs.container import Container, command_of, role_environment
from local.jobs.host import Host
from local.jobs.job import Job, JobFailed
from local.jobs.opt_ml import OptMl
from local.jobs.training import one_host


def process(host: Host, job: Job) -> None:
    """Downloads the inputs, runs the command, uploads the outputs."""
    request = job.request
    opt_ml = host.opt_ml(job, request["RoleArn"])
    try:
        for given in request.get("ProcessingInputs", []):
            source = given["S3Input"]
            opt_ml.download(source["S3Uri"], source["S3DataType"], opt_ml.at(source["LocalPath"]))
        outputs = [output["S3Output"] for output in request.get("ProcessingOutputConfig", {}).get("Outputs", [])]
        for output in outputs:
            opt_ml.at(output["LocalPath"]).mkdir(parents=True, exist_ok=True)
        _write_configuration(opt_ml, job)
        job.start()
        code = _run_container(host, job, opt_ml)
        job.note(**_exit_message(opt_ml))
        if code:
            raise JobFailed(f"AlgorithmError: See job logs for more information, exit code: {code}")
        for output in outputs:
            opt_ml.upload(opt_ml.at(output["LocalPath"]), output["S3Uri"])
    finally:
        opt_ml.remove()


def _run_container(host: Host, job: Job, opt_ml: OptMl) -> int:
    request = job.request
    isolated = request.get("NetworkConfig", {}).get("EnableNetworkIsolation", False)
    environment = role_environment(host.cloud, host.sessions, request["RoleArn"], isolated)
    environment |= {"PROCESSING_JOB_NAME": job.name, **request.get("Environment", {})}
    command = command_of(request["AppSpecification"], [])
    return Container(host.cloud, job, opt_ml, command, environment, isolated=isolated).wait()


def _write_configuration(opt_ml: OptMl, job: Job) -> None:
    cluster = job.request["ProcessingResources"]["ClusterConfig"]
    opt_ml.write_config("config/processingjobconfig.json", job.describe())
    opt_ml.write_config("config/resourceconfig.json", one_host(cluster["InstanceType"]))


def _exit_message(opt_ml: OptMl) -> dict[str, Any]:
    message = opt_ml.text("output/message")
    return {"ExitMessage": message} if message else {}
