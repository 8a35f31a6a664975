"""What every resource of the API is held to. Each app's test_api.py inherits it once per route."""

import pytest
from django.contrib.auth.models import User
from django.utils.module_loading import import_string
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.test import APIClient

# Permissions take two: the user's own, and those of the groups.
PERMISSION_QUERIES = 2


class ResourceSuite:
    """Inherit it as `Test…`, name the route, and say in `make` how a row comes to be.

    The reader is a role that may see the rows. Where programs may create them too, `creates` is true.
    """

    route: str
    reader = "viewer"
    creates = False

    def make(self):
        raise NotImplementedError

    @property
    def path(self) -> str:
        return f"/api/v1/{self.route}/"

    def model(self):
        return import_string(f"{type(self).__module__.split('.')[1]}.api.ROUTES")[self.route].queryset.model

    def test_anonymous_is_asked_to_log_in(self, api_of):
        row = self.make()
        for path in (self.path, f"{self.path}{row.pk}/"):
            answer = api_of(None).get(path)
            assert answer.status_code == 401
            assert "WWW-Authenticate" in answer.headers

    def test_a_user_without_the_permission_is_refused(self, db):
        row, client = self.make(), APIClient()
        client.force_authenticate(User.objects.create_user("nobody"))
        for path in (self.path, f"{self.path}{row.pk}/"):
            assert client.get(path).status_code == 403

    def test_an_inactive_user_is_refused(self, make_user):
        client = APIClient()
        user = make_user("admin", is_active=False)
        client.force_login(user)
        assert client.get(self.path).status_code == 401

    def test_a_reader_lists_and_retrieves(self, api_of):
        row = self.make()
        client = api_of(self.reader)
        page = client.get(self.path, {"page_size": 500}).json()
        assert set(page) == {"count", "next", "previous", "results"}
        assert page["count"] == len(page["results"]) == self.model().objects.count()
        listed = next(item for item in page["results"] if item["id"] == str(row.pk))
        answer = client.get(f"{self.path}{row.pk}/")
        assert answer.status_code == 200
        assert answer.json() == listed
        assert set(listed) == {field.name for field in self.model()._meta.concrete_fields}

    def test_an_unknown_key_is_404(self, api_of):
        client = api_of(self.reader)
        assert client.get(f"{self.path}00000000-0000-7000-8000-000000000000/").status_code == 404
        assert client.get(f"{self.path}no-uuid/").status_code == 404

    def test_rows_cannot_be_changed_or_deleted(self, api_of):
        row = self.make()
        client, path = api_of("admin"), f"{self.path}{row.pk}/"
        answers = [client.put(path, {}), client.patch(path, {}), client.delete(path), client.delete(self.path)]
        if not self.creates:
            answers.append(client.post(self.path, {}))
        assert {answer.status_code for answer in answers} <= {403, 405}
        assert self.model().objects.filter(pk=row.pk).exists()

    def test_a_reader_creates_nothing(self, api_of):
        client = api_of("viewer")
        before = self.model().objects.count()
        assert client.post(self.path, {}).status_code in (403, 405)
        assert self.model().objects.count() == before

    @pytest.mark.parametrize("rows", [1, 20])
    def test_a_page_takes_two_queries_however_many_rows_it_has(self, rows, api_of, django_assert_num_queries):
        for _ in range(rows):
            self.make()
        client = api_of(self.reader)
        with django_assert_num_queries(PERMISSION_QUERIES + 2):
            page = client.get(self.path).json()
        assert len(page["results"]) >= min(rows, 20)

    def test_a_row_takes_one_query(self, api_of, django_assert_num_queries):
        row, client = self.make(), api_of(self.reader)
        with django_assert_num_queries(PERMISSION_QUERIES + 1):
            client.get(f"{self.path}{row.pk}/")

    def test_every_filter_answers(self, api_of):
        """Each filter the schema offers is tried with nonsense: it answers, and never with a failure of ours."""
        self.make()
        client = api_of(self.reader)
        view = import_string(f"{self.model()._meta.app_label}.api.ROUTES")[self.route]
        filterset = DjangoFilterBackend().get_filterset_class(view(), view.queryset)
        for name in filterset.base_filters if filterset else ():
            for nonsense in ("x", "-1", "1e999", "nan", "00000000-0000-7000-8000-000000000000", "\0"):
                answer = client.get(self.path, {name: nonsense})
                assert answer.status_code in (200, 400), (name, nonsense)
                assert answer.status_code == 200 or name in answer.json()


def routes_without_a_test(app: str, tests: dict[str, object]) -> set[str]:
    """Routes of an app that no suite in the namespace of its test_api.py covers."""
    suites = [item for item in tests.values() if isinstance(item, type) and issubclass(item, ResourceSuite)]
    covered = {suite.route for suite in suites if suite is not ResourceSuite}
    return set(import_string(f"{app}.api.ROUTES")) - covered
