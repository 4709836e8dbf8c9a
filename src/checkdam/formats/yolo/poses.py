"""Poses in `data.yaml`: how many joints, what they are called, and which of them a mirrored image swaps."""

import json
import re
from typing import Any

from msgspec import Struct

from checkdam.formats.values import unfit
from checkdam.schema import Skeleton, Taxonomy


class Poses(Struct, frozen=True):
    """`count` joints for every label that has some. `flip` is empty where nothing is known of it."""

    count: int
    skeletons: dict[str, Skeleton]
    flip: list[int]
    flip_given: bool

    def config(self, names: dict[int, str], mark: dict[str, Any]) -> dict[str, Any]:
        """The keys for `data.yaml`. What no reader but ours knows goes to the `mark`."""
        known = {number: self.skeletons[name] for number, name in names.items() if name in self.skeletons}
        bones = {number: [list(bone) for bone in each.bones] for number, each in known.items() if each.bones}
        if bones:
            mark["bones"] = bones
        if self.flip and not self.flip_given:
            mark["flip"] = "computed"
        config: dict[str, Any] = {"kpt_shape": [self.count, 3]}
        if self.flip:
            config["flip_idx"] = self.flip
        return config | {"kpt_names": {number: list(each.joints) for number, each in known.items()}}


def poses_of(taxonomy: Taxonomy) -> Poses | None:
    """What the labels say of joints; None where they have none, or not equally many, which YOLO asks for."""
    skeletons = {label.name: label.skeleton for label in taxonomy.labels if label.skeleton}
    counts = {len(each.joints) for each in skeletons.values()}
    if (
        len(counts) != 1
        or not 0 < (count := counts.pop()) < 10_000
        or len(set(taxonomy.names())) < len(taxonomy.labels)
    ):
        return None
    for each in skeletons.values():
        if any(unfit(joint) for joint in each.joints) or any(
            not 0 <= end < count for bone in each.bones for end in bone
        ):
            return None
    given = _given_flip(taxonomy, count)
    flips = [_flip(each.joints) for each in skeletons.values()]
    same = flips[0] if all(each == flips[0] for each in flips) else []
    return Poses(count, skeletons, given or same, bool(given))


def _given_flip(taxonomy: Taxonomy, count: int) -> list[int]:
    """The numbers that the taxonomy's metadata keep, if they are those of the joints in the usual spelling."""
    text = taxonomy.metadata.get("flip_idx")
    if not isinstance(text, str) or not re.fullmatch(r"\[[0-9, ]{1,60000}\]", text):
        return []
    try:
        numbers: list[int] = json.loads(text)
    except ValueError:
        return []
    return numbers if sorted(numbers) == list(range(count)) and json.dumps(numbers) == text else []


def _flip(joints: tuple[str, ...]) -> list[int]:
    """The place of each joint's other side, by `left` and `right` in the names; empty where no joint has one."""
    places = {joint: at for at, joint in enumerate(joints)}
    sides = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}
    other = [re.sub("|".join(sides), lambda match: sides[match[0]], joint) for joint in joints]
    flip = [places.get(name, at) for at, name in enumerate(other)]
    whole = sorted(flip) == list(range(len(joints))) and flip != sorted(flip)
    return flip if whole else []
