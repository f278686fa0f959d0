"""Pictures of console messages as files in the data folder, named by their content."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from vigilbot.models import Image

if TYPE_CHECKING:
    from pathlib import Path

    from vigilbot.safety.images import Picture

FOLDER = "images"
ENDINGS = {"image/png": "png", "image/jpeg": "jpg"}
LOCATION = re.compile(rf"{FOLDER}/[0-9a-f]{{64}}\.({'|'.join(ENDINGS.values())})")


def keep(picture: Picture, data_dir: Path) -> Image:
    """Write a checked picture to the data folder; the same picture is kept once. Blocks: call it in a thread."""
    name = f"{hashlib.sha256(picture.data).hexdigest()}.{ENDINGS[picture.mimetype]}"
    folder = data_dir / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(picture.data)
    return Image(location=f"{FOLDER}/{name}", mimetype=picture.mimetype)


def path_of(location: str, data_dir: Path) -> Path | None:
    """Where a kept picture lies; None for a location that is none of ours, or is gone."""
    path = data_dir / location
    return path if LOCATION.fullmatch(location) and path.is_file() else None
