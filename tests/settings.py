"""The project's settings with a state directory of the tests' own, one for all parallel workers."""

import os
import tempfile

if "ASTRID_TEST_HOME" not in os.environ:
    os.environ["ASTRID_TEST_HOME"] = tempfile.mkdtemp(prefix="astrid-test-")
os.environ["ASTRID_HOME"] = os.environ["ASTRID_TEST_HOME"]

from astrid.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
