"""Evaluation by pycocotools."""

from pathlib import Path

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def scores(truth: Path, results: Path, kind: str) -> list[float]:
    """The twelve numbers of pycocotools, in full."""
    ground = COCO(str(truth))
    evaluation = COCOeval(ground, ground.loadRes(str(results)), kind)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return [float(each) for each in evaluation.stats]
