"""Requests and answers: declared once, read and checked, and written as JSON."""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from scbch_jax.errors import first_line
from scbch_jax.serve.limits import MAX_CODES, MAX_K

T = TypeVar("T")

Modality = Literal["image", "text"]
Rank = Literal["bits", "query", "both"]
Id = Annotated[int, Meta(ge=0, le=2**53)]
Distance = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Names = Annotated[list[Annotated[str, Meta(max_length=1000)]], Meta(max_length=1000)]
Hex = Annotated[str, Meta(pattern="^([0-9a-fA-F]{2})+$")]


class Where(Struct, frozen=True, forbid_unknown_fields=True):
    """Labels of the items that may be found; applied before ranking."""

    any_of: Names = []
    all_of: Names = []
    none_of: Names = []


class After(Struct, frozen=True, forbid_unknown_fields=True):
    """The last hit of a page: what comes after it is found."""

    distance: Distance
    id: Id
    modality: Modality | None = None
    """Needed if both modalities are found."""


class How(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Options of a search, whatever its query is."""

    find: Literal["image", "text", "any"] | None = None
    """Modality that is found; image by default, or what the index has."""
    k: Annotated[int, Meta(ge=1, le=MAX_K)] = 10
    """Number of items, at most."""
    within: Distance | None = None
    """Largest Hamming distance of an item that is found."""
    where: Where | None = None
    rank: Rank = "bits"
    """By bits; or the nearest by bits are ordered by the cosine of the query's relaxed
    code with hash codes (query) or relaxed codes (both) of the items."""
    after: After | None = None


class SearchRequest(How, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A search: one of text, item, code and codes, and its options."""

    text: str | None = None
    """Words."""
    item: Id | None = None
    """Id of an item of the index: its own code is the query."""
    by: Modality | None = None
    """Which code of the item; that of its picture by default, if it has one."""
    code: Hex | None = None
    """Packed code in hexadecimal digits."""
    codes: Annotated[list[Hex], Meta(min_length=1, max_length=MAX_CODES)] | None = None
    """Several codes; the answer has results for each."""
    encoder: str | None = None
    """Id of the encoder of code or codes, as /v1/index gives it; needed if the index
    has one."""


class PictureSearch(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Query parameters of a search by a picture."""

    find: Literal["image", "text", "any"] | None = None
    """Modality that is found; image by default, or what the index has."""
    k: Annotated[int, Meta(ge=1, le=MAX_K)] = 10
    """Number of items, at most."""
    within: Distance | None = None
    """Largest Hamming distance of an item that is found."""
    label: Names = []
    """Labels of which a found item has at least one."""
    rank: Rank = "bits"

    @property
    def how(self) -> How:
        """The options of a search."""
        where = Where(any_of=self.label) if self.label else None
        return How(
            find=self.find, k=self.k, within=self.within, where=where, rank=self.rank
        )


class WordSearch(PictureSearch, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Query parameters of a search by words."""

    text: str


class PageSearch(PictureSearch, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Query parameters of the search page."""

    text: str | None = None
    item: Id | None = None
    by: Modality | None = None
    after: str | None = None
    """Distance, id and modality of the last hit of the page before."""


class PictureEncoding(Struct, frozen=True, forbid_unknown_fields=True):
    """Query parameters of encoding a picture."""

    relaxed: bool = False


class EncodeRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A text to encode."""

    text: str
    relaxed: bool = False
    """Whether the relaxed code is wanted, too."""


class Hit(Struct, frozen=True):
    """An item that was found."""

    id: int
    distance: int
    """Hamming distance."""
    modality: Modality
    score: float | None
    """Cosine, if the rank is not bits."""
    name: str | None
    text: str | None
    labels: list[str]
    picture: str | None
    """Address of its picture."""


class Found(Struct, frozen=True):
    """The nearest items of one query."""

    hits: list[Hit]
    cut: int
    """Items at the distance (and score) of the last hit that k leaves out; -1 if not
    known."""
    next: After | None
    """The value of `after` for the next page; null on the last page."""


class SearchAnswer(Found, frozen=True):
    """What a search found."""

    unknown_words: list[str]
    generation: int
    encoder: str
    exact: bool


class BulkAnswer(Struct, frozen=True):
    """What a search of several codes found."""

    results: list[Found]
    generation: int
    encoder: str
    exact: bool


class EncodeAnswer(Struct, frozen=True):
    """The code of a text or picture."""

    code: str
    """Packed code in hexadecimal digits."""
    encoder: str
    unknown_words: list[str]
    relaxed: list[float] | None


class Item(Struct, frozen=True):
    """The record and codes of an item."""

    id: int
    name: str | None
    text: str | None
    labels: list[str]
    picture: str | None
    codes: dict[str, str]
    """Packed codes in hexadecimal digits, by modality."""


class IndexFacts(Struct, frozen=True):
    """The index, its encoder and the limits of the service."""

    bits: int
    items: int
    segments: int
    modalities: list[str]
    labels: list[str]
    takes: list[str]
    """Of words (text) and pictures (image), what can be searched with."""
    ranks: list[Rank]
    exact: bool
    encoder: str
    generation: int
    limits: dict[str, float | None]


class Health(Struct, frozen=True):
    """Whether the service is running, or ready for searches."""

    status: str


class ProblemDetails(Struct, frozen=True):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    """The field, what came, and what was wanted."""
    instance: str
    """Id of the request, which is in the log."""


class ProblemMeaning(Struct, frozen=True):
    """What a kind of error means."""

    type: str
    title: str
    status: int
    meaning: str


class Unreadable(ValueError):
    """A body is not JSON."""


class Unacceptable(ValueError):
    """A field has a value that is not accepted."""


replaced = msgspec.structs.replace

fields_of = msgspec.structs.asdict

encode = msgspec.json.Encoder().encode


def from_json(body: bytes, kind: type[T]) -> T:
    """Reads a body in JSON.

    Raises:
        Unreadable: if it is not JSON.
        Unacceptable: if a field is unknown or has a wrong value.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise Unacceptable(_explain(error, kind, body)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        got = first_line(error)
        raise Unreadable(f"body: got {got}, wanted JSON in UTF-8") from None


def from_query(
    pairs: Iterable[tuple[str, str]], kind: type[T], *, lists: tuple[str, ...] = ()
) -> T:
    """Reads the parameters of an address.

    Args:
        pairs: names and values.
        kind: the struct; numbers are read from text.
        lists: names that may be given more than once.

    Raises:
        Unacceptable: if a field is unknown, twice there, or has a wrong value.
    """
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in lists:
            fields.setdefault(name, []).append(value)
        elif name in fields:
            raise Unacceptable(f"{name}: got it twice, wanted it only once")
        else:
            fields[name] = value
    try:
        return msgspec.convert(fields, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Unacceptable(_explain(error, kind, encode(fields))) from None


def _explain(error: msgspec.ValidationError, kind: Any, body: bytes) -> str:
    """What is wrong as «field: got X, wanted Y»."""
    text, _, place = str(error).partition(" - at `$")
    path = place.rstrip("`").lstrip(".")
    text = text.replace("`", "")
    if unknown := re.search(r"unknown field (.*)", text):
        names = ", ".join(field.encode_name for field in msgspec.structs.fields(kind))
        return f"{unknown[1]}: got an unknown field, wanted one of {names}"
    if missing := re.search(r"missing required field (.*)", text):
        return f"{missing[1]}: got nothing, wanted a value"
    got, wanted = _value_at(body, path), text.removeprefix("Expected ")
    if "Invalid enum value" in text:
        wanted = "a value that /openapi.json lists"
    elif ", got " in wanted:
        wanted = wanted.rpartition(", got ")[0]
    return f"{path or 'body'}: got {got}, wanted {wanted}"


def _value_at(body: bytes, path: str) -> str:
    """The value of a field, shortened; the path has names and [numbers]."""
    try:
        value = msgspec.json.decode(body)
        for name, number in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
            value = value[int(number)] if number else value[name]
        shown = encode(value).decode()
    except (ValueError, LookupError, TypeError, RecursionError):
        return "a value"
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
