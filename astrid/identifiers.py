"""UUIDv7 keys: time-ordered, so that B-trees grow at one end (RFC 9562, section 5.7)."""

import os
import time
import uuid

from django.db import models


def uuid7() -> uuid.UUID:
    """A UUID of 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return uuid.UUID(int=value)


class UUID7(models.Func):
    """The same key made by the database, for rows that arrive by COPY or SQL."""

    function = "astrid_uuid7"
    output_field = models.UUIDField()
