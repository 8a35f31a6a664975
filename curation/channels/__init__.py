"""The outside worlds that alerts go to, one file each: a function that sends one delivery or raises."""

from curation.channels.email import send_email
from curation.channels.errors import DeliveryError

CHANNELS = {"email": send_email}

__all__ = ("CHANNELS", "DeliveryError")
