"""Small requests share predictions, and each gets its own rows' answers."""

import asyncio
from typing import cast

import numpy as np
import pytest

from container.model import Model, ModelUnusable
from container.rows import Matrix
from container.serve.shared import SharedPredictions
from container.tasks.definition import Answer


class SumsRows:
    """A model whose prediction is a row's sum, and which no row with a NaN can be given."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def answer(self, values: Matrix) -> Answer:
        self.calls.append(len(values))
        if np.isnan(values).any():
            raise ModelUnusable("no number")
        return Answer(values.sum(axis=1, keepdims=True))


def rows(*first: float) -> Matrix:
    return np.array([[value, 1.0] for value in first], dtype=np.float32)


def test_requests_that_wait_together_are_predicted_together_and_get_their_own_answers() -> None:
    model = SumsRows()

    async def ask() -> list[Answer]:
        shared = SharedPredictions(cast(Model, model))
        return await asyncio.gather(*(shared.answer(each) for each in (rows(1), rows(2, 3), rows(4))))

    answers = asyncio.run(ask())
    assert [each.numbers.ravel().tolist() for each in answers] == [[2.0], [3.0, 4.0], [5.0]]
    assert model.calls == [4]


def test_one_request_that_the_model_refuses_fails_alone() -> None:
    model = SumsRows()

    async def ask() -> list[Answer | BaseException]:
        shared = SharedPredictions(cast(Model, model))
        asked = (shared.answer(each) for each in (rows(1), rows(np.nan), rows(4)))
        return await asyncio.gather(*asked, return_exceptions=True)

    first, refused, last = asyncio.run(ask())
    assert isinstance(refused, ModelUnusable)
    assert [each.numbers.ravel().tolist() for each in (first, last) if isinstance(each, Answer)] == [[2.0], [5.0]]


def test_a_client_that_is_gone_does_not_keep_the_others_waiting() -> None:
    async def ask() -> Answer:
        shared = SharedPredictions(cast(Model, SumsRows()))
        gone, stays = (asyncio.ensure_future(shared.answer(each)) for each in (rows(1), rows(2)))
        await asyncio.sleep(0)
        gone.cancel()
        answer = await stays
        with pytest.raises(asyncio.CancelledError):
            await gone
        return answer

    assert asyncio.run(ask()).numbers.tolist() == [[3.0]]
