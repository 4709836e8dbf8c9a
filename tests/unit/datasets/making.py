"""Items and annotations in few words."""

from collections.abc import Callable

from checkdam.schema import Annotation, Box, DatasetVersion, Item, annotation_id, item_id

MakeVersion = Callable[..., DatasetVersion]


def image(name: str, **more: object) -> Item:
    values: dict[str, object] = {"width": 100, "height": 80, **more}
    return Item(id=item_id(name), kind="image", name=name, **values)  # type: ignore[arg-type]


def box(item: Item, key: str, at: tuple[float, float, float, float], label: str = "cell") -> Annotation:
    return Annotation(id=annotation_id(item.id, key), item_id=item.id, label=label, geometry=Box(*at))
