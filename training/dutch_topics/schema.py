"""What the service is asked and what it answers, as it checks and documents it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Topic = Literal["sovereignty", "military", "economy", "diplomacy"]
Probability = Annotated[float, Field(ge=0, le=1)]
Id = Annotated[str, Field(max_length=200)] | Annotated[int, Field(ge=-(2**63), lt=2**63)]
FIRST_ONLY = Field(fail_fast=True)  # a body of 1 MB has room for half a million errors
Thresholds = Annotated[dict[Topic, Probability], Field(description="in place of the model's own")]
SENTENCE = "De ministers tekenden in Minsk een akkoord over de gasprijs."


class Strict(BaseModel):
    """No value is converted, no name is unknown."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Passage(Strict):
    """A text with a name of the caller's own, which is given back."""

    id: Id | None = None
    text: str


class PredictRequest(Passage):
    """One text, or a list of them."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": SENTENCE}, {"texts": [{"id": 7, "text": SENTENCE}]}]}
    )
    text: str | None = None  # type: ignore[assignment]
    texts: Annotated[list[str | Passage], FIRST_ONLY] | None = None
    thresholds: Thresholds = {}
    precision: Annotated[float, Field(gt=0, lt=1)] | None = None
    topics: Annotated[list[Topic], Field(min_length=1, max_length=4, description="of interest")] | None = None
    explain: bool = False

    @model_validator(mode="after")
    def _one_or_many(self) -> PredictRequest:
        if (self.text is None) == (self.texts is None):
            raise ValueError("give text, or texts")
        if self.texts is not None and self.id is not None:
            raise ValueError("an id belongs to one text")
        return self


class DocumentRequest(Passage):
    """An article as it comes: plain text or Markdown."""

    thresholds: Thresholds = {}
    explain: bool = False


class PredictionAnswer(BaseModel):
    """What the model says of one passage."""

    id: Id | None = None
    topics: list[Topic]
    unsure: list[Topic] = Field(description="likely, but not so surely as the precision asked for")
    scores: dict[Topic, Probability]
    coverage: Probability = Field(description="share of the words that the model knows")
    readable: bool = Field(description="whether it is Dutch of which the model knows enough")
    detected_language: str | None = None
    explanation: dict[str, Any] | None = None


class PredictAnswer(BaseModel):
    """The answer to a list."""

    predictions: list[PredictionAnswer]


class SentenceAnswer(PredictionAnswer):
    """One sentence of an article; `start` and `end` count characters of the text as it was sent."""

    start: int
    end: int
    text: str
    kind: str


class DocumentAnswer(BaseModel):
    """What an article is about."""

    id: Id | None = None
    topics: list[Topic]
    scores: dict[Topic, Probability] = Field(description="the mean over the sentences")
    profile: dict[Topic, Probability] = Field(description="share of the sentences by topic")
    course: dict[Topic, list[Probability]] = Field(description="a smoothed score for each sentence")
    thresholds: dict[Topic, Probability] = Field(description="of sentences")
    sentences: list[SentenceAnswer]


class Parameters(Strict):
    """Of Hugging Face's text-classification task."""

    top_k: Annotated[int, Field(ge=1)] | None = None
    function_to_apply: Literal["sigmoid", "softmax", "none"] | None = None


class ClassificationRequest(Strict):
    """Hugging Face's text-classification task."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"inputs": SENTENCE}]})
    inputs: str | Annotated[list[str], FIRST_ONLY]
    parameters: Parameters | None = None
    options: dict[str, Any] | None = Field(None, description="taken, and of no effect")


class Label(BaseModel):
    """A topic and its score."""

    label: Topic
    score: float


class Tensor(BaseModel):
    """A tensor of the Open Inference Protocol."""

    model_config = ConfigDict(extra="ignore", strict=True)
    name: str
    datatype: Literal["BYTES"]
    shape: Annotated[list[Annotated[int, Field(ge=0, lt=2**31)]], Field(max_length=8)]
    data: Annotated[list[str], FIRST_ONLY] | Annotated[list[Annotated[list[str], FIRST_ONLY]], FIRST_ONLY]


class RequestedOutput(BaseModel):
    """An output of the Open Inference Protocol that is asked for."""

    model_config = ConfigDict(extra="ignore", strict=True)
    name: str
    parameters: dict[str, Any] | None = None


class InferRequest(BaseModel):
    """A request of the Open Inference Protocol, version 2."""

    model_config = ConfigDict(
        extra="ignore",
        strict=True,
        json_schema_extra={
            "examples": [
                {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [SENTENCE]}]}
            ]
        },
    )
    id: str | None = None
    inputs: Annotated[list[Tensor], Field(min_length=1, max_length=1)]
    outputs: list[RequestedOutput] | None = None


class Problem(BaseModel):
    """What went wrong."""

    code: str
    message: str


class ProblemAnswer(BaseModel):
    """The shape of every error."""

    error: Problem
