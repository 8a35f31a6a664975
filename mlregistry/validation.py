"""What must hold before phase 3 counts as deployed, as the database shows it."""

from collections.abc import Iterator

from astrid import storage
from astrid.validation import Evidence, constraints, migrations, rows, tables
from mlregistry.models import Detection, MLModel, ModelRun, ModelStage
from pipeline.validation import completed


def evidence() -> Iterator[Evidence]:
    yield migrations("mlregistry")
    yield tables("mlregistry")
    yield constraints("mlregistry")
    model = MLModel.objects.filter(stage=ModelStage.PRODUCTION).first()
    yield Evidence("a model is in production", model is not None, str(model or "none"))
    if model:
        path = storage.path_of(model.model_path)
        intact = path.is_file() and storage.digest_of(path) == model.artefact_sha256
        yield Evidence("its file is what was registered", intact, f"sha256 {model.artefact_sha256[:12]}…")
    yield completed("differences scored", ModelRun)
    yield rows("detections made", Detection.objects.all())
