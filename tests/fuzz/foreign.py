"""Small datasets as other tools write them, by the name of the format that reads them: what our own writer never
makes, so that a fuzzer would have to find it by itself."""

import json
import struct
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

WAV = b"RIFF\x34\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\x10\0\0\0" + bytes(16)
"""Eight samples at 8 kHz."""


def picture() -> bytes:
    """A PNG of 16 by 16 pixels."""
    stream = BytesIO()
    Image.new("L", (16, 16)).save(stream, "PNG")
    return stream.getvalue()


def table(columns: dict[str, object], metadata: dict[str, str] | None = None, **options: object) -> bytes:
    """A Parquet file of these columns."""
    stream = BytesIO()
    made = pa.table(columns)
    pq.write_table(made.replace_schema_metadata(metadata or {}), stream, **options)
    return stream.getvalue()


def _hugging_face() -> bytes:
    features = {
        "image": {"_type": "Image"},
        "label": {"names": ["cat", "dog"], "_type": "ClassLabel"},
        "objects": {"bbox": {"feature": {"dtype": "float32", "_type": "Value"}, "_type": "Sequence"}},
    }
    columns = {
        "image": [{"bytes": picture(), "path": "1.png"}, {"bytes": picture(), "path": None}],
        "label": [0, 1],
        "objects": [{"bbox": [[1.0, 2.0, 3.0, 4.0]], "category": [1]}, {"bbox": [], "category": []}],
    }
    return table(columns, {"huggingface": json.dumps({"info": {"features": features}})}, compression="none")


def _sounds() -> bytes:
    return table({"audio": [{"bytes": WAV, "path": "1.wav"}] * 2, "sentence": ["a", "b"]}, compression="gzip")


def _coco() -> str:
    rows = [
        {"bbox": [1, 2, 3, 4], "segmentation": {"size": [16, 16], "counts": "35h7"}, "iscrowd": 1, "area": 2.5},
        {"bbox": [1, 2, 3, 4], "segmentation": {"size": [16, 16], "counts": [3, 5, 248]}, "iscrowd": 1},
        {"bbox": [1, 2, 3, 4], "segmentation": [[1, 1, 9, 1, 5, 8], [2, 2, 3, 3, 4, 2]], "score": 0.5},
        {"keypoints": [1, 2, 2, 0, 0, 0], "num_keypoints": 1, "bbox": [0, 0, 5, 5], "attributes": {"a": [1, "b"]}},
    ]
    return json.dumps(
        {
            "info": {"year": 2017, "contributor": "x"},
            "licenses": [{"id": 1, "name": "x", "url": "y"}],
            "categories": [
                {"id": 1, "name": "cat", "supercategory": "animal"},
                {"id": 2, "name": "man", "keypoints": ["a", "b"], "skeleton": [[1, 2]]},
            ],
            "images": [{"id": 7, "file_name": "val2017/1.png", "width": 16, "height": 16, "license": 1}],
            "annotations": [
                {"id": at, "image_id": 7, "category_id": at % 2 + 1, **row} for at, row in enumerate(rows, 1)
            ],
        }
    )


_VOC = """<annotation><folder>VOC2012</folder><filename>1.png</filename><source><database>x</database></source>
<size><width>16</width><height>16</height><depth>3</depth></size><segmented>0</segmented>
<object><name>person</name><pose>Left</pose><truncated>1</truncated><difficult>0</difficult>
<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>9.5</xmax><ymax>8</ymax></bndbox>
<part><name>head</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></part></object>
<object><name>ship</name><robndbox><cx>5</cx><cy>5</cy><w>4</w><h>2</h><angle>0.5</angle></robndbox></object>
<object><name>sea</name><polygon><x1>1</x1><y1>1</y1><x2>9</x2><y2>1</y2><x3>5</x3><y3>8</y3></polygon></object>
</annotation>"""
_CVAT = """<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version><meta><job><labels>
<label><name>cat</name><color>#ff0000</color><type>any</type><attributes><attribute><name>a</name>
<mutable>False</mutable><input_type>checkbox</input_type><default_value>false</default_value><values>false</values>
</attribute></attributes></label><label><name>man</name><type>skeleton</type>
<svg>&lt;line data-node-from="1" data-node-to="2"&gt;&lt;/line&gt;</svg></label>
<label><name>a</name><type>points</type><parent>man</parent></label></labels></job></meta>
<image id="0" name="1.png" width="16" height="16" subset="Train"><tag label="cat" source="manual"></tag>
<box label="cat" occluded="0" xtl="1" ytl="2" xbr="9" ybr="8" rotation="30" z_order="0"><attribute name="a">true
</attribute></box><polygon label="cat" points="1,1;9,1;5,8"/><polyline label="cat" points="1,1;9,1"/>
<points label="cat" points="1,1;2,2"/><ellipse label="cat" cx="5" cy="5" rx="2" ry="1"/>
<mask label="cat" rle="2, 3, 3" left="1" top="1" width="4" height="2"/><cuboid label="cat" xtl1="1" ytl1="1"
xbl1="1" ybl1="2" xtr1="2" ytr1="1" xbr1="2" ybr1="2" xtl2="3" ytl2="1" xbl2="3" ybl2="2" xtr2="4" ytr2="1"
xbr2="4" ybr2="2"/><skeleton label="man"><points label="a" outside="0" occluded="1" points="1,1"/></skeleton>
</image><track id="0" label="cat"><box frame="0" keyframe="1" outside="0" xtl="1" ytl="2" xbr="9" ybr="8"/></track>
</annotations>"""
_RESULT = {"from_name": "label", "to_name": "image", "original_width": 16, "original_height": 16, "image_rotation": 0}
_REGION = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 15}


def _brush(bits: str) -> list[int]:
    """The run lengths of Label Studio for these bits."""
    bits += "0" * (-len(bits) % 8)
    return [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]


def _label_studio() -> str:
    brush = _brush(f"{16 * 16 * 4:032b}{7:05b}{2:04b}{3:04b}{7:04b}{15:04b}" + f"111{1023:016b}11111111")
    values = [
        ("rectanglelabels", {**_REGION, "rectanglelabels": ["cat"]}),
        ("ellipselabels", {"x": 1, "y": 2, "radiusX": 3, "radiusY": 4, "rotation": 0, "ellipselabels": ["cat"]}),
        ("polygonlabels", {"points": [[1, 2], [3, 4], [5, 1]], "closed": True, "polygonlabels": ["cat"]}),
        ("keypointlabels", {"x": 1, "y": 2, "width": 0.5, "keypointlabels": ["cat"]}),
        ("brushlabels", {"format": "rle", "rle": brush, "brushlabels": ["cat"]}),
        ("choices", {"choices": ["a", "b"]}),
        ("taxonomy", {"taxonomy": [["a", "b"]]}),
        ("rating", {"rating": 3}),
        ("textarea", {"text": ["hello"]}),
    ]
    results = [{"id": f"r{at}", "type": kind, "value": value, **_RESULT} for at, (kind, value) in enumerate(values)]
    relation = {"type": "relation", "from_id": "r0", "to_id": "r1", "direction": "right", "labels": ["x"]}
    annotation = {"id": 5, "completed_by": 1, "was_cancelled": False, "lead_time": 1.5, "result": [*results, relation]}
    texts = [
        {"type": "labels", "value": {"start": 0, "end": 5, "text": "Hello", "labels": ["cat"]}},
        {"type": "labels", "value": {"start": 0.1, "end": 0.5, "channel": 0, "labels": ["cat"]}},
        {"type": "hypertextlabels", "value": {"start": "/p[1]", "globalOffsets": {"start": 1, "end": 2}}},
    ]
    spans = [{"id": f"s{at}", "from_name": "ner", "to_name": "text", **one} for at, one in enumerate(texts)]
    return json.dumps(
        [
            {"id": 1, "data": {"image": "/data/upload/1/0a1b2c3d-1.png"}, "annotations": [annotation]},
            {"id": 2, "data": {"text": "Hello you"}, "annotations": [{"id": 6, "result": spans}], "predictions": []},
            {"id": 3, "audio": "/data/local-files/?d=1.wav", "label": [{"start": 0, "end": 1, "labels": ["cat"]}]},
        ]
    )


def _datumaro() -> str:
    base = {"label_id": 0, "group": 1, "attributes": {"a": True}, "z_order": 0}
    rows = [
        {"id": 0, "type": "bbox", "bbox": [1, 2, 3, 4], **base},
        {"id": 1, "type": "polygon", "points": [1, 1, 9, 1, 5, 8], **base},
        {"id": 2, "type": "mask", "rle": {"counts": "35h7", "size": [16, 16]}, **base},
        {"id": 3, "type": "points", "points": [1, 2, 3, 4], "visibility": [2, 1], **base},
        {"id": 4, "type": "caption", "caption": "hello", **base},
        {"id": 5, "type": "ellipse", "points": [1, 2, 3, 4], **base},
        {"id": 6, "type": "cuboid_3d", "position": [1, 2, 3], **base},
    ]
    labels = [{"name": "cat", "parent": "", "attributes": ["a"]}]
    categories = {"label": {"labels": labels, "attributes": []}, "mask": {"colormap": []}, "points": {"items": []}}
    item = {"id": "1", "annotations": rows, "attr": {"frame": 0}, "image": {"path": "1.png", "size": [16, 16]}}
    return json.dumps({"infos": {}, "categories": categories, "items": [item], "media_type": 2})


def _bitmap(columns: int, rows: int) -> bytes:
    """A BMP that says to be so large."""
    return (
        b"BM" + struct.pack("<LHHLLLLHHLLLLLL", 70, 0, 0, 54, 40, columns, rows, 1, 24, 0, 16, 0, 0, 0, 0) + bytes(16)
    )


FOREIGN: dict[str, dict[str, bytes | str]] = {
    "audio": {
        "dev.tsv": "client_id\tpath\tsentence\tup_votes\tage\nx\t1.wav\thello\t2\tteens\ny\t2.wav\tyou\t0\t\n",
        "nemo.json": '{"audio_filepath": "1.wav", "text": "a", "offset": 0.1, "duration": 0.5, "lang": "en"}\n' * 2,
        "clips/1.wav": WAV,
    },
    "coco": {"annotations/instances_val2017.json": _coco(), "val2017/1.png": picture()},
    "coco-results": {
        "gt.json": _coco(),
        "results.json": '[{"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}, {"image_id": 7, '
        '"category_id": 1, "segmentation": {"size": [16, 16], "counts": "35h7"}, "score": 1}, {"image_id": 7, '
        '"category_id": 2, "keypoints": [1, 2, 0.5, 3, 4, 0.1], "score": 0.1}]',
    },
    "conll": {
        "eng.testa": "-DOCSTART- -X- O O\n\nU.N. NNP I-NP I-ORG\nofficial NN I-NP O\n\nBaghdad NNP I-NP B-LOC\n",
        "wnut.conll": "# comment\n1\tHello\tO\n2\tYou\tS-PER\n\n1\tA\tB-X\n2\tb\tL-X\n",
    },
    "croissant": {
        "croissant.json": '{"@type": "sc:Dataset", "conformsTo": "http://mlcommons.org/croissant/1.1", "name": "x"}',
        "data.parquet": _sounds(),
    },
    "csv": {
        "train_labels.csv": "filename,width,height,class,xmin,ymin,xmax,ymax\n1.png,16,16,cat,1,2,9,8\n",
        "classes.csv": "filename;cat;dog\n1.png;1;0\n2.png;0;1\n",
        "texts.tsv": 'text\tlabel\n"a ""b""\nc"\tgood\nd\tbad\n',
        "1.png": picture(),
    },
    "cvat": {"annotations.xml": _CVAT, "images/1.png": picture()},
    "datumaro": {"annotations/train.json": _datumaro(), "images/train/1.png": picture()},
    "imagefolder": {
        "train/metadata.csv": "file_name,text,extra\n1.png,a cat,1\n",
        "train/metadata.jsonl": '{"file_name": "2.png", "objects": {"bbox": [[1, 2, 3, 4]], "categories": [0]}}\n',
        "train/1.png": picture(),
    },
    "jsonl": {
        "doccano.jsonl": '{"id": 1, "data": "Hello you", "label": [[0, 5, "cat"]], "Comments": []}\n',
        "prodigy.jsonl": '{"text": "Hello", "spans": [{"start": 0, "end": 5, "token_start": 0, "label": "X"}], '
        '"answer": "accept", "meta": {"a": 1}}\n',
        "classes.jsonl": '{"text": "a", "label": ["x", "y"], "cats": {"x": 1.0}}\n',
    },
    "label-studio": {
        "tasks.json": _label_studio(),
        "config.xml": '<View><Image name="image" value="$image"/><RectangleLabels name="label" toName="image">'
        '<Label value="cat" background="#ff0000"/></RectangleLabels><Choices name="c" toName="image" choice="multiple">'
        '<Choice value="a"/></Choices></View>',
        "1.png": picture(),
    },
    "ljspeech": {"metadata.csv": "LJ001-0001|Mr. A|Mister A\nLJ001-0002|b|b\n", "wavs/LJ001-0001.wav": WAV},
    "parquet": {
        "data/train-00000-of-00001.parquet": _hugging_face(),
        "sounds.parquet": _sounds(),
        "1.bmp": _bitmap(16, 16),
    },
    "voc": {
        "Annotations/1.xml": _VOC,
        "ImageSets/Main/train.txt": "1\n",
        "ImageSets/Main/cat_val.txt": "1  1\n2 -1\n",
        "JPEGImages/1.png": picture(),
    },
    "yolo": {
        "data.yaml": "path: ../x\ntrain: images/train\nval: [images/val]\nnc: 2\nnames:\n  0: cat\n  1: man\n"
        "kpt_shape: [2, 3]\nflip_idx: [1, 0]\n",
        "labels/train/1.txt": "1 .5 .5 .2 .2 .5 .5 2 .6 .6 0\n",
        "labels/val/2.txt": "0 .1 .1 .9 .1 .9 .9 .1 .9\n",
        "images/train/1.png": picture(),
        "images/val/2.png": picture(),
        "classes.txt": "cat\nman\n",
    },
}
