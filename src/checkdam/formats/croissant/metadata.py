"""The description of a dataset in MLCommons Croissant 1.0 (https://docs.mlcommons.org/croissant/docs/croissant-spec.html)."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from checkdam.formats.parquet.writer import Written
from checkdam.guard.paths import safe_name
from checkdam.schema import ItemKind, Taxonomy

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
TABLE = "items.parquet"

Json = dict[str, Any]

CONTEXT: Json = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

_FACTS: dict[str, tuple[str, ...]] = {
    "description": ("description", "info.description"),
    "license": ("license", "licence", "license.1.url", "license.1.name", "info.license"),
    "citeAs": ("citeAs", "cite_as", "citation", "info.citation"),
    "url": ("url", "homepage", "info.url"),
    "version": ("version", "info.version"),
    "datePublished": ("datePublished", "date_published", "date", "info.date_created"),
    "creator": ("creator", "author", "info.contributor"),
}
"""Where the taxonomy's metadata may say each of Croissant's properties, the surest first."""

_COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("name", "sc:Text", "The item's name; of an image or a sound the path of its file."),
    ("kind", "sc:Text", "What the item is: image, text or audio."),
    ("split", "sc:Text", "The split that the item belongs to."),
    ("text", "sc:Text", "The text of a text item; of others a caption or transcript."),
    ("label", "sc:Text", "The label of the whole item."),
    ("width", "sc:Integer", "The declared width of the image in pixels."),
    ("height", "sc:Integer", "The declared height of the image in pixels."),
    ("duration", "sc:Float", "The duration of the sound in seconds."),
    ("sample_rate", "sc:Integer", "The sample rate of the sound in hertz."),
    ("source_id", "sc:Text", "The item's identifier in the source."),
    ("metadata", "sc:Text", "Further fields of the item, as JSON."),
)
_OBJECTS: tuple[tuple[str, str, str], ...] = (
    ("bbox", "cr:BoundingBox", "The box: left, top, width and height in pixels."),
    ("categories", "sc:Text", "The label."),
    ("geometry", "sc:Text", "The shape as JSON, where it is no box."),
    ("attributes", "sc:Text", "Attributes, as JSON."),
    ("id", "sc:Text", "The annotation's identifier in the source."),
)
_ENCODINGS = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".webp": "image/webp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
}


def description(folder: Path, taxonomy: Taxonomy, written: Written) -> Json:
    """The content of `croissant.json` for a folder that `write_tables` filled."""
    facts = {name: fact for name, keys in _FACTS.items() if (fact := _fact(taxonomy, keys)) is not None}
    if "creator" in facts:
        facts["creator"] = {"@type": "sc:Organization", "name": facts["creator"]}
    name = _fact(taxonomy, ("name", "info.name"))
    sets = [_enumeration("labels", "The labels, in their order.", taxonomy.names(), "sc:Enumeration")]
    sets.append(_enumeration("splits", "The splits.", written.splits, "cr:Split"))
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": safe_name(str(name or "dataset")),
        "conformsTo": CONFORMS_TO,
        **facts,
        "distribution": [_table(folder, written.files[0]), *_media(written.endings)],
        "recordSet": [*(each for each in sets if each is not None), _items(bool(written.splits))],
    }


def _fact(taxonomy: Taxonomy, keys: Iterable[str]) -> Any:
    found = (taxonomy.metadata.get(key) for key in keys)
    return next((str(each) for each in found if each not in (None, "")), None)


def _table(folder: Path, name: str) -> Json:
    digest = sha256()
    with (folder / name).open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return {
        "@type": "cr:FileObject",
        "@id": TABLE,
        "name": TABLE,
        "description": "A row for each item, with its annotations.",
        "contentUrl": name,
        "contentSize": f"{(folder / name).stat().st_size} B",
        "encodingFormat": "application/x-parquet",
        "sha256": digest.hexdigest(),
    }


def _media(endings: dict[str, ItemKind]) -> list[Json]:
    """A set of files for each ending that occurs, in any case."""
    return [
        {
            "@type": "cr:FileSet",
            "@id": f"media{at}",
            "name": f"media{at}",
            "description": f"The files that end in {ending or 'nothing'}, at the paths that the items' names say.",
            "encodingFormat": _ENCODINGS.get(ending.lower(), "application/octet-stream"),
            "includes": [f"*{ending}", f"**/*{ending}"],
        }
        for at, ending in enumerate(endings)
    ]


def _enumeration(name: str, about: str, values: Iterable[str], kind: str) -> Json | None:
    """A record set of names; None if there are none, which Croissant does not know."""
    column = f"{name}/name"
    data = [{column: each} for each in values]
    if not data:
        return None
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": about,
        "dataType": kind,
        "key": {"@id": column},
        "field": [{"@type": "cr:Field", "@id": column, "name": "name", "description": about, "dataType": "sc:Text"}],
        "data": data,
    }


def _items(splits: bool) -> Json:
    fields = [_field(f"items/{name}", kind, about, name) for name, kind, about in _COLUMNS]
    if splits:
        next(each for each in fields if each["name"] == "split")["references"] = {"field": {"@id": "splits/name"}}
    objects: Json = {
        "@type": "cr:Field",
        "@id": "items/objects",
        "name": "objects",
        "description": "The annotations of parts of the item.",
        "repeated": True,
        "subField": [
            _field(f"items/objects/{name}", kind, about, "objects", part=name) for name, kind, about in _OBJECTS
        ],
    }
    return {
        "@type": "cr:RecordSet",
        "@id": "items",
        "name": "items",
        "description": "The items with their annotations.",
        "key": {"@id": "items/name"},
        "field": [*fields, objects],
    }


def _field(identity: str, kind: str, about: str, column: str, part: str | None = None) -> Json:
    source: Json = {"fileObject": {"@id": TABLE}, "extract": {"column": column}}
    if part is not None:
        source["transform"] = {"jsonPath": part}
    found: Json = {
        "@type": "cr:Field",
        "@id": identity,
        "name": identity.rpartition("/")[2],
        "description": about,
        "dataType": kind,
        "source": source,
    }
    return found | ({"repeated": True} if part is not None else {})
