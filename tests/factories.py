"""Rows for tests, one factory per table, each with what it needs below it."""

from datetime import UTC, datetime

import factory
from django.conf import settings
from factory import Faker, LazyAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from astrid import models as astrid


class SurveyFactory(DjangoModelFactory):
    class Meta:
        model = astrid.Survey

    name = Sequence(lambda n: f"Survey {n}")
    gain_e_per_adu = 1.5
    read_noise_e = 8.0
    saturation_adu = 60000.0
    pixel_scale_arcsec = 0.6


class ObservationFactory(DjangoModelFactory):
    class Meta:
        model = astrid.Observation

    survey = SubFactory(SurveyFactory)
    observation_id = Sequence(lambda n: f"observation-{n}")
    ra = Faker("pyfloat", min_value=0, max_value=359.999)
    dec = Faker("pyfloat", min_value=-89, max_value=89)
    observation_time = datetime(2026, 10, 1, 3, tzinfo=UTC)
    filter_band = "r"
    exposure_time = 60.0
    pixel_scale = 0.6
    image_width = 256
    image_height = 256


if settings.PHASE >= 2:
    from pipeline import models as pipeline

    class PreprocessRunFactory(DjangoModelFactory):
        class Meta:
            model = pipeline.PreprocessRun

        observation = SubFactory(ObservationFactory)

    class DifferenceRunFactory(DjangoModelFactory):
        class Meta:
            model = pipeline.DifferenceRun

        observation = SubFactory(ObservationFactory)
        reference_observation = SubFactory(ObservationFactory, kind="reference")
        algorithm = "zogy"

    class SkyObjectFactory(DjangoModelFactory):
        class Meta:
            model = pipeline.SkyObject

        ra = Faker("pyfloat", min_value=0, max_value=359.999)
        dec = Faker("pyfloat", min_value=-89, max_value=89)
        first_seen = datetime(2026, 10, 1, 3, tzinfo=UTC)
        last_seen = datetime(2026, 10, 2, 3, tzinfo=UTC)
        candidate_count = 1

    class CandidateFactory(DjangoModelFactory):
        class Meta:
            model = pipeline.Candidate

        difference_run = SubFactory(DifferenceRunFactory)
        observation = LazyAttribute(lambda candidate: candidate.difference_run.observation)
        ra = Faker("pyfloat", min_value=0, max_value=359.999)
        dec = Faker("pyfloat", min_value=-89, max_value=89)
        pixel_x = Sequence(lambda n: 100.0 + n)
        pixel_y = 100.0
        flux = 1000.0
        flux_error = 100.0
        significance = 10.0
        snr = 10.0

    class LightCurvePointFactory(DjangoModelFactory):
        class Meta:
            model = pipeline.LightCurvePoint

        sky_object = SubFactory(SkyObjectFactory)
        difference_run = SubFactory(DifferenceRunFactory)
        observation = LazyAttribute(lambda point: point.difference_run.observation)
        flux = 1000.0
        flux_error = 100.0
        snr = 10.0

    class MasterFrameFactory(DjangoModelFactory):
        class Meta:
            model = pipeline.MasterFrame

        survey = SubFactory(SurveyFactory)
        kind = "bias"
        image_width = image_height = 100
        taken_at = datetime(2026, 10, 1, 3, tzinfo=UTC)
        level_adu = 300.0
        noise_adu = 1.0
        frame_count = 5
        fits_path = Sequence(lambda n: f"00/{n}.fits")

    class CatalogueFactory(DjangoModelFactory):
        class Meta:
            model = pipeline.Catalogue

        name = Sequence(lambda n: f"catalogue {n}")
        file_name = "variables.csv"
        file_sha256 = Sequence(lambda n: f"{n:064x}")

    class CatalogueSourceFactory(DjangoModelFactory):
        class Meta:
            model = pipeline.CatalogueSource

        catalogue = SubFactory(CatalogueFactory)
        name = Sequence(lambda n: f"V{n} Lyr")
        ra = Faker("pyfloat", min_value=0, max_value=359.999)
        dec = Faker("pyfloat", min_value=-89, max_value=89)
        kind = "variable"
        source_type = "RRAB"

    class MinorPlanetFactory(DjangoModelFactory):
        """(1) Ceres, near enough."""

        class Meta:
            model = pipeline.MinorPlanet

        catalogue = SubFactory(CatalogueFactory)
        designation = Sequence(lambda n: f"({n + 1})")
        absolute_mag = 3.33
        epoch_jd = 2461000.5
        mean_anomaly_deg = 231.5
        perihelion_argument_deg = 73.3
        node_deg = 80.25
        inclination_deg = 10.59
        eccentricity = 0.0796
        semimajor_axis_au = 2.7658

    class KnownMatchFactory(DjangoModelFactory):
        class Meta:
            model = pipeline.KnownMatch

        candidate = SubFactory(CandidateFactory)
        catalogue = SubFactory(CatalogueFactory)
        name = "RR Lyr"
        kind = "variable"
        separation_arcsec = 0.4

    class ProcessingJobFactory(DjangoModelFactory):
        class Meta:
            model = pipeline.ProcessingJob

        job_type = "preprocess"
        entity_id = Faker("uuid4")
        workflow_id = Faker("uuid4")


if settings.PHASE >= 3:
    from mlregistry import models as mlregistry

    class TrainingSetFactory(DjangoModelFactory):
        class Meta:
            model = mlregistry.TrainingSet

        name = "simulated pairs"
        manifest = factory.LazyFunction(lambda: {"seeds": [1, 2, 3]})
        sha256 = Sequence(lambda n: f"{n:064x}")
        item_count = 3

    class MLModelFactory(DjangoModelFactory):
        class Meta:
            model = mlregistry.MLModel

        name = "small U-Net"
        version = Sequence(str)
        model_type = "unet"
        model_path = "00/model.onnx"
        artefact_sha256 = Sequence(lambda n: f"{n:064x}")

    class ModelRunFactory(DjangoModelFactory):
        class Meta:
            model = mlregistry.ModelRun

        model = SubFactory(MLModelFactory)
        difference_run = SubFactory(DifferenceRunFactory)
        observation = LazyAttribute(lambda run: run.difference_run.observation)

    class DetectionFactory(DjangoModelFactory):
        class Meta:
            model = mlregistry.Detection

        model_run = SubFactory(ModelRunFactory)
        observation = LazyAttribute(lambda detection: detection.model_run.observation)
        candidate = factory.LazyAttribute(
            lambda detection: CandidateFactory(difference_run=detection.model_run.difference_run)
        )
        ra = Faker("pyfloat", min_value=0, max_value=359.999)
        dec = Faker("pyfloat", min_value=-89, max_value=89)
        pixel_x = 100.0
        pixel_y = 100.0
        confidence_score = 0.95
        model_version = "1"


if settings.PHASE >= 4:
    from curation import models as curation

    class AlertFactory(DjangoModelFactory):
        class Meta:
            model = curation.Alert

        detection = SubFactory(DetectionFactory)
        alert_type = "new detection"
        title = "New detection"
        message = "Something new."

    class AlertDeliveryFactory(DjangoModelFactory):
        class Meta:
            model = curation.AlertDelivery

        alert = SubFactory(AlertFactory)
        channel = "email"
        recipient = "someone@example.org"
        idempotency_key = Faker("uuid4")
