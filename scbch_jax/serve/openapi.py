"""Declares every HTTP operation.

The routes and the OpenAPI document are generated from it.
"""

from typing import Any, NamedTuple

import msgspec

from scbch_jax import __version__
from scbch_jax.serve import messages as m
from scbch_jax.serve import problems
from scbch_jax.serve.pictures import KINDS

REFERENCE = "#/components/schemas/{name}"


class Operation(NamedTuple):
    """An endpoint of the interface."""

    method: str
    path: str
    endpoint: str
    """Name of the method of `Api`."""
    summary: str
    response: Any
    """Structs of a JSON response, or its media type."""
    body: Any = None
    """Struct of a JSON request body; "picture" for a picture file."""
    query: Any = None
    """Struct of the query parameters."""
    problems: tuple[str, ...] = ()
    """Kinds of errors, in addition to those that every request can get."""
    tagged: bool = False
    """Whether an answer has an ETag, and 304 says that the client has it already."""


_WORK = ("starting", "draining", "deadline", "value", "encoder")
_JSON = ("too-large", "media-type")
_PICTURE = ("picture", "too-large", "media-type")

OPERATIONS = (
    Operation(
        "POST",
        "/v1/search",
        "search",
        "Search by words, item, code or codes",
        (m.SearchAnswer, m.BulkAnswer),
        body=m.SearchRequest,
        problems=(*_WORK, *_JSON, "unknown-words"),
    ),
    Operation(
        "GET",
        "/v1/search",
        "search_words",
        "Search by words",
        (m.SearchAnswer,),
        query=m.WordSearch,
        problems=(*_WORK, "unknown-words"),
    ),
    Operation(
        "POST",
        "/v1/search/picture",
        "search_picture",
        "Search by a picture",
        (m.SearchAnswer,),
        body="picture",
        query=m.PictureSearch,
        problems=(*_WORK, *_PICTURE),
    ),
    Operation(
        "POST",
        "/v1/encode",
        "encode",
        "The code of a text",
        (m.EncodeAnswer,),
        body=m.EncodeRequest,
        problems=(*_WORK, *_JSON, "unknown-words"),
    ),
    Operation(
        "POST",
        "/v1/encode/picture",
        "encode_picture",
        "The code of a picture",
        (m.EncodeAnswer,),
        body="picture",
        query=m.PictureEncoding,
        problems=(*_WORK, *_PICTURE),
    ),
    Operation(
        "GET",
        "/v1/items/{id}",
        "item",
        "The record and codes of an item",
        (m.Item,),
        problems=("not-found",),
    ),
    Operation(
        "GET",
        "/v1/items/{id}/picture",
        "picture",
        "The picture file of an item",
        "image/*",
        problems=("not-found",),
        tagged=True,
    ),
    Operation(
        "GET",
        "/v1/index",
        "facts",
        "The index, its encoder and the limits of the service",
        (m.IndexFacts,),
    ),
    Operation(
        "GET", "/health/live", "live", "Whether the process is running", (m.Health,)
    ),
    Operation(
        "GET",
        "/health/ready",
        "ready",
        "Whether it is ready for searches",
        (m.Health,),
        problems=("starting", "draining"),
    ),
    Operation("GET", "/metrics", "prometheus", "Metrics for Prometheus", "text/plain"),
    Operation(
        "GET",
        "/problems/{name}",
        "problem",
        "What a kind of error means",
        (m.ProblemMeaning,),
        problems=("not-found",),
    ),
)

_ALWAYS = (
    *("malformed", "token", "host", "origin", "method", "slow"),
    *("rate", "internal", "busy"),
)


def document() -> dict[str, Any]:
    """The contract in OpenAPI 3.1, as an object for JSON."""
    structs: list[Any] = [m.ProblemDetails]
    for operation in OPERATIONS:
        responses = operation.response if isinstance(operation.response, tuple) else ()
        bodies = () if operation.body in (None, "picture") else (operation.body,)
        structs += [*responses, *bodies]
    _, schemas = msgspec.json.schema_components(structs, ref_template=REFERENCE)
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        method = operation.method.lower()
        paths.setdefault(operation.path, {})[method] = _operation(operation)
    bearer = {"type": "http", "scheme": "bearer"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "scbch_jax", "version": __version__},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"token": bearer}},
        "security": [{}, {"token": []}],
    }


def _operation(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.endpoint,
        "summary": operation.summary,
        "parameters": [*_of_path(operation.path), *_of_query(operation.query)],
        "responses": {
            "200": _response(operation.response),
            **_problems(operation.problems),
        },
    }
    if operation.tagged:
        schema = {"type": "string"}
        header = {"name": "If-None-Match", "in": "header", "schema": schema}
        found["parameters"].append(header)
        found["responses"]["304"] = {"description": "Not modified"}
    if operation.body == "picture":
        binary = {"schema": {"type": "string", "format": "binary"}}
        content: dict[str, Any] = {kind: binary for kind in KINDS}
        found["requestBody"] = {"required": True, "content": content}
    elif operation.body is not None:
        content = {"application/json": {"schema": _reference(operation.body)}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _reference(struct: Any) -> dict[str, str]:
    return {"$ref": REFERENCE.format(name=struct.__name__)}


def _of_path(path: str) -> list[Any]:
    schema = {"id": {"type": "integer", "minimum": 0}, "name": {"type": "string"}}
    return [
        {"name": name, "in": "path", "required": True, "schema": schema[name]}
        for name in schema
        if f"{{{name}}}" in path
    ]


def _of_query(struct: Any) -> list[Any]:
    if struct is None:
        return []
    _, schemas = msgspec.json.schema_components([struct], ref_template=REFERENCE)
    found = schemas[struct.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in found["required"],
            "schema": _without_null(schema),
        }
        for name, schema in found["properties"].items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query string has no null: a parameter is given or left out."""
    kept = [x for x in schema.get("anyOf", ()) if x != {"type": "null"}]
    if len(kept) == 1:
        return kept[0]
    values = [x for x in schema.get("enum", ()) if x is not None]
    return {"enum": values} if values else schema


def _response(response: Any) -> dict[str, Any]:
    if isinstance(response, str):
        return {"description": "OK", "content": {response: {}}}
    references = [_reference(struct) for struct in response]
    schema = references[0] if len(references) == 1 else {"anyOf": references}
    return {"description": "OK", "content": {"application/json": {"schema": schema}}}


def _problems(names: tuple[str, ...]) -> dict[str, Any]:
    """An answer for each status that an operation can end with."""
    titles: dict[str, list[str]] = {}
    for name in (*_ALWAYS, *names):
        status, title, _ = problems.KINDS[name]
        titles.setdefault(str(status), []).append(title)
    schema = {"schema": _reference(m.ProblemDetails)}
    return {
        status: {
            "description": "; ".join(found),
            "content": {problems.MEDIA_TYPE: schema},
        }
        for status, found in sorted(titles.items())
    }
