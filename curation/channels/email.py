"""E-mail: text, with the stamps attached."""

import smtplib

from django.core.mail import EmailMessage

from curation.channels.errors import DeliveryError
from curation.models import AlertDelivery
from pipeline.stamps import StampMissingError, strip_png


def send_email(delivery: AlertDelivery) -> None:
    """Send one alert to one address. The Message-ID is the delivery's key: a repeated mail shows as the same.

    Raises
    ------
    DeliveryError
        The mail server could not be reached, or did not take it.
    """
    alert = delivery.alert
    message = EmailMessage(
        subject=f"[AstrID] {alert.title}",
        body=alert.message,
        to=[delivery.recipient],
        headers={"Message-ID": f"<{delivery.idempotency_key}@astrid>"},
    )
    try:
        message.attach("stamps.png", strip_png(alert.detection.candidate), "image/png")
    except StampMissingError as error:
        message.body += f"\n\nNo stamps: {error}."
    try:
        message.send()
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(f"{type(error).__name__}: {error}") from error
