class DeliveryError(Exception):
    """A delivery did not arrive; it may be tried again."""
