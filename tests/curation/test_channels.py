import socket

import cv2
import django
import numpy as np
import pytest
from aiosmtpd.controller import Controller

from curation import services
from curation.channels.email import send_email
from pipeline.stamps import STAMP_PX, ZOOM
from tests.factories import AlertDeliveryFactory
from tests.pictures import keep_pictures

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivery(artefacts):
    delivery = AlertDeliveryFactory(recipient="observer@example.org")
    candidate = delivery.alert.detection.candidate
    keep_pictures(candidate.difference_run, x=candidate.pixel_x, y=candidate.pixel_y)
    return delivery


def test_a_mail_has_text_and_stamps_and_the_key_as_its_id(delivery, mailoutbox):
    send_email(delivery)
    (mail,) = mailoutbox
    assert mail.to == ["observer@example.org"]
    assert mail.subject == f"[AstrID] {delivery.alert.title}"
    assert mail.body == delivery.alert.message
    assert mail.message()["Message-ID"] == f"<{delivery.idempotency_key}@astrid>"
    ((name, content, kind),) = mail.attachments
    assert (name, kind) == ("stamps.png", "image/png")
    assert cv2.imdecode(np.frombuffer(content, np.uint8), 0).shape == (STAMP_PX * ZOOM, 3 * STAMP_PX * ZOOM + 16)


def test_without_stamps_the_mail_says_why(mailoutbox):
    send_email(AlertDeliveryFactory())
    (mail,) = mailoutbox
    assert mail.attachments == []
    assert mail.body.endswith("No stamps: the difference run kept no science image.")


class Mailbox:
    """An SMTP receiver: it keeps what arrives, or refuses with its answer."""

    def __init__(self):
        self.mails: list[str] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.answer.startswith("250"):
            self.mails.append(envelope.content.decode())
        return self.answer


@pytest.fixture
def smtp(settings) -> int:
    """Mail goes by SMTP to a port of this machine that nobody listens on yet."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    backend = "django.core.mail.backends.smtp.EmailBackend"
    if django.VERSION >= (6, 1):
        settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": {"host": "127.0.0.1", "port": port}}}
    else:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = backend, "127.0.0.1", port
    return port


@pytest.fixture
def mailbox(smtp):
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=smtp)
    controller.start()
    yield mailbox
    controller.stop()


def test_a_mail_arrives_at_a_real_receiver(delivery, mailbox, actor):
    assert services.deliver_due(actor=actor) == 0
    (mail,) = mailbox.mails
    assert f"Message-ID: <{delivery.idempotency_key}@astrid>" in mail
    assert 'filename="stamps.png"' in mail
    delivery.refresh_from_db()
    assert delivery.status == "sent"


@pytest.mark.parametrize("answer", ["451 try later", "552 mailbox is full"])
def test_a_receiver_that_refuses_is_tried_again_with_the_same_id(answer, delivery, mailbox, actor):
    mailbox.answer = answer
    assert services.deliver_due(actor=actor) == 1
    delivery.refresh_from_db()
    assert (delivery.status, delivery.sent_at) == ("pending", None)
    assert answer[4:] in delivery.error_message
    mailbox.answer = "250 OK"
    type(delivery).objects.update(leased_until=None)
    assert services.deliver_due(actor=actor) == 0
    assert [str(delivery.idempotency_key) in mail for mail in mailbox.mails] == [True]


def test_no_receiver_at_all_is_a_failed_attempt(delivery, smtp, actor):
    assert services.deliver_due(actor=actor) == 1
    delivery.refresh_from_db()
    assert delivery.error_message.startswith("ConnectionRefusedError")
