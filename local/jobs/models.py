"""What moto's CreateModel lacks."""

import json
from typing import Any

from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse

from local.cloud import Cloud
from local.seams import Seams


def install_models(cloud: Cloud, seams: Seams) -> None:
    """Refuses a model name that is taken, and keeps the model's network isolation."""

    def create_model(response: Any) -> Any:
        request = json.loads(response.body)
        name, models = request["ModelName"], sagemaker_backends[cloud.account][cloud.region]._models
        if name in models:
            raise ValidationError(f'Cannot create already existing model "{models[name].arn}".')
        answer = create(response)
        models[name].enable_network_isolation = request.get("EnableNetworkIsolation", False)
        return answer

    create = seams.replace(SageMakerResponse, "create_model", create_model)
