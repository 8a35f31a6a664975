"""The project's settings with a state directory of the tests' own, one for all parallel workers."""

import os
import tempfile

os.environ.setdefault("ASTRID_TEST_HOME", tempfile.mkdtemp(prefix="astrid-test-"))
os.environ["ASTRID_HOME"] = os.environ["ASTRID_TEST_HOME"]

from astrid.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
