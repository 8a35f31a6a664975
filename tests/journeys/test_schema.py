"""The API's description: complete, valid, and readable without the internet."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml

from tests import ROOT


@pytest.fixture(scope="module", params=["1", "2", "3", "4"])
def schema(request):
    """The schema of the first N phases, as the command writes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "schema.yaml"
        subprocess.run(
            [sys.executable, ROOT / "manage.py", "spectacular", "--fail-on-warn", "--validate", "--file", path],
            env=os.environ | {"ASTRID_PHASE": request.param, "DJANGO_SETTINGS_MODULE": "astrid.settings"},
            check=True,
        )
        return yaml.safe_load(path.read_text())


def test_it_is_valid_without_a_warning_in_every_phase(schema):
    assert schema["openapi"] == "3.1.0"
    assert "/api/v1/observations/" in schema["paths"]


def test_no_name_in_it_was_made_up_by_the_generator(schema):
    """A collision of names is resolved with a piece of a hash, which changes with the next choice."""
    names = schema["components"]["schemas"]
    assert [name for name in names if re.search(r"[0-9a-f]{3}Enum", name)] == []


def test_what_the_server_decides_is_read_only(api_of):
    schema = api_of("viewer").get("/api/v1/schema/?format=json").json()
    event = schema["components"]["schemas"]["ValidationEvent"]["properties"]
    assert {name for name, facts in event.items() if facts.get("readOnly")} == {
        "id",
        "created_at",
        "updated_at",
        "validator",
        "superseded_by",
    }


@pytest.mark.parametrize("page", ["schema", "docs"])
def test_it_needs_a_login(page, client):
    assert client.get(f"/api/v1/{page}/").status_code == 401


def test_its_page_loads_nothing_from_another_host(browser_of):
    browser = browser_of("viewer")
    page = browser.get("/api/v1/docs/").content.decode()
    assert '"validatorUrl": "none"' in page
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(sources) >= 3
    for source in sources:
        assert source.startswith("/static/")
        answer = browser.get(source)
        assert answer.status_code == 200
        answer.close()
