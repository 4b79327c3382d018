"""Transform jobs: every record of the input through the model's server, one line out per line in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from moto.sagemaker.models import sagemaker_backends

from local.jobs.container import Container, command_of, role_environment
from local.jobs.data_processing import DataProcessing
from local.jobs.host import Host
from local.jobs.job import Job, JobFailed
from local.jobs.opt_ml import OptMl
from local.jobs.payloads import Splitting
from local.jobs.serving import ModelServer, free_port

ENVIRONMENT = {  # request member -> variable that SageMaker sets from it
    "MaxPayloadInMB": "SAGEMAKER_MAX_PAYLOAD_IN_MB",
    "MaxConcurrentTransforms": "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS",
    "BatchStrategy": "SAGEMAKER_BATCH_STRATEGY",
}


def transform(host: Host, job: Job) -> None:
    """Serves the model, sends it the input in payloads and writes its answers."""
    request = job.request
    model = _model(host, request["ModelName"])
    opt_ml = host.opt_ml(job, model.execution_role_arn)
    try:
        source = request["TransformInput"]["DataSource"]["S3DataSource"]
        inputs = opt_ml.folder / "transform"
        opt_ml.unpack_model(model.primary_container["ModelDataUrl"])
        files = opt_ml.download(source["S3Uri"], source["S3DataType"], inputs)
        job.start()
        with _server(host, job, model, opt_ml) as server:
            plan = request | _missing(request, server)
            for file in files:
                result = _transform_file(file, server, plan)
                relative = file.relative_to(inputs).as_posix()
                opt_ml.upload(result, f"{request['TransformOutput']['S3OutputPath'].rstrip('/')}/{relative}.out")
                file.unlink()
                result.unlink()
    finally:
        opt_ml.remove()


def _transform_file(file: Path, server: ModelServer, plan: dict[str, Any]) -> Path:
    processing = DataProcessing.of(plan.get("DataProcessing", {}))
    by_line = plan["TransformInput"].get("SplitType", "None") == "Line"
    assemble = plan["TransformOutput"].get("AssembleWith", "None") == "Line"
    many_lines = plan["BatchStrategy"].replace("_", "").lower() == "multirecord"
    splitting = Splitting(by_line, many_lines, plan["MaxPayloadInMB"] * 2**20)
    result = file.with_name(file.name + ".out")
    with result.open("wb") as out:
        for lines, answer in server.answers(splitting.payloads(file), processing.body, plan["MaxConcurrentTransforms"]):
            if not assemble:
                out.write(answer)
                continue
            predictions = answer.removesuffix(b"\n").split(b"\n")
            if by_line and len(predictions) != len(lines):
                raise JobFailed(
                    f"ClientError: {file.name}: the model answered {len(predictions)} lines to {len(lines)}; "
                    "it must answer exactly one line per line"
                )
            out.write(processing.result(lines, predictions))
    return result


@contextmanager
def _server(host: Host, job: Job, model: Any, opt_ml: OptMl) -> Iterator[ModelServer]:
    port, given = free_port(), model.primary_container
    isolated = model.enable_network_isolation
    environment = role_environment(host.cloud, host.sessions, model.execution_role_arn, isolated)
    environment |= {"SAGEMAKER_BATCH": "true", "SAGEMAKER_BIND_TO_PORT": str(port)}
    environment |= {name: str(job.request[key]) for key, name in ENVIRONMENT.items() if key in job.request}
    environment |= given.get("Environment") or {}
    environment |= job.request.get("Environment", {})
    container = Container(host.cloud, job, opt_ml, command_of({}, ["serve"]), environment, isolated=isolated)
    server = ModelServer(job, container, container.reachable(port))
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.close()


def _missing(request: dict[str, Any], server: ModelServer) -> dict[str, Any]:
    """What the request leaves open: the container's own recommendation, or SageMaker's defaults."""
    recommended = {"MaxConcurrentTransforms": 1, "BatchStrategy": "MultiRecord", "MaxPayloadInMB": 6}
    if not all(request.get(name) for name in recommended):
        recommended |= server.execution_parameters()
    return {name: value for name, value in recommended.items() if not request.get(name)}


def _model(host: Host, name: str) -> Any:

    return sagemaker_backends[host.cloud.account][host.cloud.region].describe_model(name)
