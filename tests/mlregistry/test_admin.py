import pytest

from mlregistry.models import Detection, MLModel, ModelRun, TrainingSet
from tests.admin_suite import AdminSuite, models_without_a_test
from tests.factories import DetectionFactory, MLModelFactory, ModelRunFactory, TrainingSetFactory

LIST = "/admin/mlregistry/mlmodel/"


class TestTrainingSets(AdminSuite):
    model = TrainingSet

    def make(self):
        return TrainingSetFactory()


class TestModels(AdminSuite):
    model = MLModel

    def make(self):
        return MLModelFactory()


class TestModelRuns(AdminSuite):
    model = ModelRun
    filter_queries = 1

    def make(self):
        return ModelRunFactory()


class TestDetections(AdminSuite):
    model = Detection
    filter_queries = 2

    def make(self):
        return DetectionFactory()


def test_every_model_has_its_suite():
    assert models_without_a_test("mlregistry", globals()) == set()


class TestPuttingAModelIntoProduction:
    def press(self, browser, *models):
        form = {"action": "put_into_production", "_selected_action": [str(model.pk) for model in models]}
        return browser.post(LIST, form, follow=True)

    def stages(self, *models):
        return [MLModel.objects.get(pk=model.pk).stage for model in models]

    @pytest.mark.parametrize("role", ["lead", "operator"])
    def test_it_retires_the_one_before(self, role, browser_of):
        old, new = MLModelFactory(stage="production"), MLModelFactory()
        answer = self.press(browser_of(role), new)
        assert [str(message) for message in answer.context["messages"]] == [f"{new} is in production."]
        assert self.stages(old, new) == ["retired", "production"]

    def test_two_at_once_are_refused(self, browser_of):
        models = MLModelFactory.create_batch(2)
        answer = self.press(browser_of("lead"), *models)
        assert "Choose one model" in answer.content.decode()
        assert self.stages(*models) == ["candidate", "candidate"]

    @pytest.mark.parametrize("role", ["viewer", "curator"])
    def test_others_are_not_offered_it(self, role, browser_of):
        model, browser = MLModelFactory(), browser_of(role)
        assert "put_into_production" not in browser.get(LIST).content.decode()
        self.press(browser, model)
        assert self.stages(model) == ["candidate"]
