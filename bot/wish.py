"""What an asker wants of a summary."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Length(StrEnum):
    SHORT = "short"
    NORMAL = "normal"
    LONG = "long"

    @property
    def shorter(self) -> "Length":
        return Length.SHORT if self is Length.NORMAL else Length.NORMAL

    @property
    def longer(self) -> "Length":
        return Length.LONG if self is Length.NORMAL else Length.NORMAL


class Wish(BaseModel):
    """`focus` is what the asker typed behind the target, masked; `topics` groups points, for a whole channel.

    `told` is a digest of what was typed where masking has changed it, so that two such wishes are not taken for one.
    """

    model_config = ConfigDict(frozen=True)

    focus: str = ""
    told: str = ""
    length: Length = Length.NORMAL
    topics: bool = False
