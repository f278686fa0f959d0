"""Rerankers that VIGIL_RERANK_MODEL can name: a real cross-encoder, a real rerank endpoint, and what goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import pytest_asyncio
from aiohttp import web
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

from vigilbot.embedding.graph import model_folder
from vigilbot.errors import EmbeddingError, KnowledgeError
from vigilbot.knowledge.rerank.crossencoder import CrossEncoderReranker
from vigilbot.knowledge.rerank.endpoint import EndpointReranker
from vigilbot.knowledge.rerank.loading import load_reranker
from vigilbot.models import EVERYONE, Entry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


def entry(id_: str, text: str, question: str = "") -> Entry:
    kind = "qa" if question else "document"
    return Entry(id_, kind, "Disks", text, question, "disks.md", EVERYONE, "active", 1, 0.0, 0.0)  # type: ignore[arg-type]  # one of its two literals


ENTRIES = [entry("a", "Grow the disk."), entry("b", "Boil onions."), entry("c", "Yes.", "Can a disk grow?")]


@pytest.fixture(scope="session")
def tiny_crossencoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder of one small layer with random weights: everything real but its wisdom."""
    folder = tmp_path_factory.mktemp("crossencoder")
    config = BertConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, num_labels=1)
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast.from_pretrained(str(model_folder())).save_pretrained(folder)
    return folder


async def test_a_crossencoder_judges_every_pair(tiny_crossencoder: Path) -> None:
    reranker = await load_reranker(str(tiny_crossencoder))
    assert isinstance(reranker, CrossEncoderReranker)

    judged = await reranker.judge(["how do I grow a disk?", "onions"], ENTRIES)
    again = await reranker.judge(["onions"], ENTRIES)

    assert judged is not None
    assert again is not None
    assert judged.shape == (2, 3)
    assert ((judged > 0) & (judged < 1)).all()
    assert judged[1] == pytest.approx(again[0], abs=1e-5)
    assert await reranker.judge(["nothing found"], []) is None
    await reranker.close()


async def test_a_model_that_is_no_crossencoder_is_named_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"VIGIL_RERANK_MODEL=.*cannot be loaded.*give `bundled`"):
        await load_reranker(str(tmp_path / "nothing"))


async def test_the_default_and_off_load_nothing() -> None:
    assert await load_reranker("bundled") is None
    assert await load_reranker("off") is None


class Service:
    """Speaks Cohere's rerank API over HTTP; `fault` is what it does wrong."""

    def __init__(self) -> None:
        self.fault = ""
        self.asked: list[dict[str, object]] = []

    async def rerank(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.asked.append(asked)
        if self.fault == "refuses":
            return web.json_response({"message": "no credit"}, status=402)
        scores = [(at, 0.9 if "grow" in text.casefold() else 0.1) for at, text in enumerate(asked["documents"])]
        if self.fault == "forgets":
            scores = scores[1:]
        results = [{"index": at, "relevance_score": score} for at, score in sorted(scores, key=lambda one: -one[1])]
        return web.json_response({"id": "1", "results": results, "meta": {}})


@pytest_asyncio.fixture
async def service(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    serving = Service()
    application = web.Application()
    application.router.add_post("/v2/rerank", serving.rerank)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    monkeypatch.setenv("COHERE_API_BASE", f"http://127.0.0.1:{runner.addresses[0][1]}")
    monkeypatch.setenv("COHERE_API_KEY", "key-for-a-test")
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    yield serving
    await runner.cleanup()


async def test_an_endpoint_is_asked_once_for_each_wording(service: Service) -> None:
    reranker = await load_reranker("cohere/rerank-v3.5")
    assert isinstance(reranker, EndpointReranker)

    judged = await reranker.judge(["grow a disk", "onions"], ENTRIES)

    assert judged is not None
    assert judged == pytest.approx(np.array([[0.9, 0.1, 0.9]] * 2))
    assert sorted(str(asked["query"]) for asked in service.asked) == ["grow a disk", "onions"]
    assert service.asked[0]["documents"] == ["Disks\nGrow the disk.", "Disks\nBoil onions.", "Can a disk grow?\nYes."]


@pytest.mark.parametrize("fault", ["refuses", "forgets"])
async def test_an_endpoint_that_fails_is_one_error_in_one_line(service: Service, fault: str) -> None:
    service.fault = fault
    with pytest.raises(EmbeddingError, match=r"VIGIL_RERANK_MODEL=cohere/rerank-v3\.5: ") as failure:
        await EndpointReranker("cohere/rerank-v3.5").judge(["grow a disk"], ENTRIES)
    assert "\n" not in str(failure.value)
