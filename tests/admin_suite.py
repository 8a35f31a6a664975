"""What every model's admin is held to. Each app's test_admin.py inherits it once per model."""

import re

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

# A script, picture, stylesheet or form that belongs to another host. A link to one is no harm.
ELSEWHERE = re.compile(r"""<(?:script|img|link|iframe|form)\b[^>]*?(?:src|href|action)=["']?(?:https?:)?//[^>]*""")
# Session, user, permissions (2), count, rows.
LIST_QUERIES = 6


@pytest.mark.django_db
class AdminSuite:
    """Inherit it as `Test…`, name the model, and say in `make` how a row comes to be.

    The reader is a role that may look. Filters whose choices are rows take a query each: `filter_queries`.
    """

    model: type
    reader = "viewer"
    filter_queries = 0

    def make(self):
        raise NotImplementedError

    def page(self, name: str, *args) -> str:
        return reverse(f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_{name}", args=args)

    def test_anonymous_is_sent_to_the_login(self, client):
        row = self.make()
        for path in (self.page("changelist"), self.page("change", row.pk)):
            answer = client.get(path)
            assert answer.status_code == 302
            assert answer.url.startswith("/admin/login/?next=")

    def test_the_list_opens_with_every_order_filter_and_search(self, browser_of):
        self.make()
        browser, path = browser_of(self.reader), self.page("changelist")
        changelist = browser.get(path).context["cl"]
        assert changelist.result_count >= 1
        queries = {"", "?q=something"}
        queries |= {f"?o={column}.-{column}" for column in range(1, len(changelist.list_display))}
        for spec in changelist.filter_specs:
            queries |= {choice["query_string"] for choice in spec.choices(changelist)}
        for query in queries:
            answer = browser.get(path + query)
            assert answer.status_code == 200, query
            assert ELSEWHERE.findall(answer.content.decode()) == []

    def test_the_row_opens(self, browser_of):
        answer = browser_of(self.reader).get(self.page("change", self.make().pk))
        assert answer.status_code == 200
        assert ELSEWHERE.findall(answer.content.decode()) == []

    def test_a_viewer_finds_nothing_to_press(self, browser_of):
        row, browser = self.make(), browser_of(self.reader)
        for path in (self.page("changelist"), self.page("change", row.pk)):
            page = browser.get(path).content.decode()
            assert 'name="_save"' not in page
            assert 'name="action"' not in page
            assert "addlink" not in page.split('<div id="content"')[1]
            assert "deletelink" not in page
        for name, *key in (("add",), ("change", row.pk), ("delete", row.pk)):
            assert browser.post(self.page(name, *key), {"post": "yes"}).status_code == 403
        assert self.model.objects.filter(pk=row.pk).exists()

    def test_the_lists_queries_do_not_grow_with_its_rows(self, browser_of):
        browser = browser_of(self.reader)
        self.make()
        few = self.queries_of(browser, self.page("changelist"))
        for _ in range(20):
            self.make()
        many = self.queries_of(browser, self.page("changelist"))
        assert len(many) == len(few), "\n".join(many)
        assert len(few) == LIST_QUERIES + self.filter_queries

    def queries_of(self, browser, path: str) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(path).status_code == 200
        return [query["sql"] for query in queries]


def models_without_a_test(app: str, tests: dict[str, object]) -> set[type]:
    """Registered models of an app that no suite in the namespace of its test_admin.py covers."""
    suites = [item for item in tests.values() if isinstance(item, type) and issubclass(item, AdminSuite)]
    covered = {suite.model for suite in suites if suite is not AdminSuite}
    return {model for model in admin.site._registry if model._meta.app_label == app} - covered
