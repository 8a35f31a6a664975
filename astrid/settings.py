"""Settings, from the environment alone.

| variable | meaning | default |
|---|---|---|
| `ASTRID_HOME` | where state lives: embedded database, artefacts, mail, secret key | `.var` beside manage.py |
| `ASTRID_PHASE` | how many of the four apps are installed, 1 to 4 | 4 |
| `ASTRID_SECRET_KEY` | Django's secret key | made once, kept in `ASTRID_HOME` |
| `ASTRID_DEBUG` | `1` shows tracebacks in the browser | off |
| `ASTRID_ALLOWED_HOSTS` | host names served, comma-separated | this machine only |
| `ASTRID_EMAIL_HOST` | SMTP server for alerts | none: mail is written to files under `ASTRID_HOME` |
| `DATABASE_URL` | `postgresql://user:password@host:port/name` | an embedded PostgreSQL under `ASTRID_HOME` |
"""

import os
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured

from astrid import database
from astrid.secrets import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("ASTRID_HOME") or BASE_DIR / ".var").absolute()

PHASES = ("astrid", "pipeline", "mlregistry", "curation")
if os.environ.get("ASTRID_PHASE", "4") not in ("1", "2", "3", "4"):
    raise ImproperlyConfigured(f"ASTRID_PHASE is {os.environ['ASTRID_PHASE']!r}; it is a number from 1 to 4")
PHASE = int(os.environ.get("ASTRID_PHASE", "4"))
PHASE_APPS = PHASES[:PHASE]

# The way of the data: an observation passes these verbs in this order.
STAGES = [
    stage
    for stage in (
        {"name": "preprocess", "verb": "pipeline.services.preprocess", "makes": "calibrated images"},
        {"name": "difference", "verb": "pipeline.services.difference", "makes": "candidates"},
        {"name": "score", "verb": "mlregistry.services.score", "makes": "detections"},
        {"name": "alert", "verb": "curation.services.raise_alerts", "makes": "alerts"},
    )
    if stage["verb"].split(".")[0] in PHASE_APPS
]

SECRET_KEY = secret_key(os.environ, home=HOME)
DEBUG = os.environ.get("ASTRID_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("ASTRID_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

INSTALLED_APPS = [
    *reversed(PHASE_APPS),
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgtrigger",
    *(["procrastinate.contrib.django"] if PHASE >= 2 else []),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "astrid.middleware.ActorMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "astrid.urls"
WSGI_APPLICATION = "astrid.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": database.configuration(os.environ, home=HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ARTEFACTS = HOME / "artefacts"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "admin:login"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
FORMAT_MODULE_PATH = "astrid.formats"

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True

mail_host = os.environ.get("ASTRID_EMAIL_HOST", "")
mail_backend = f"django.core.mail.backends.{'smtp' if mail_host else 'filebased'}.EmailBackend"
if django.VERSION >= (6, 1):
    mail_options = {"host": mail_host, "timeout": 20} if mail_host else {"file_path": HOME / "mail"}
    MAILERS = {"default": {"BACKEND": mail_backend, "OPTIONS": mail_options}}
else:
    EMAIL_BACKEND, EMAIL_HOST, EMAIL_TIMEOUT, EMAIL_FILE_PATH = mail_backend, mail_host, 20, HOME / "mail"
DEFAULT_FROM_EMAIL = "astrid@localhost"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.BasicAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["astrid.rest.ModelPermissions"],
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "astrid.rest.Ordering",
    ],
    "DEFAULT_PAGINATION_CLASS": "astrid.rest.Pages",
    "EXCEPTION_HANDLER": "astrid.rest.answer_to",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_VERSIONING_CLASS": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "AstrID",
    "DESCRIPTION": "Surveys, observations, candidates, detections, verdicts and alerts.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Without it the page sends the schema to the makers' validator on the internet.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": "none"},
    "ENUM_NAME_OVERRIDES": {
        name: choices
        for name, choices in {
            "ObservationStatus": "astrid.models.ObservationStatus",
            "RunStatus": "pipeline.models.RunStatus",
            "JobStatus": "pipeline.models.JobStatus",
            "CandidateStatus": "pipeline.models.CandidateStatus",
            "DetectionStatus": "mlregistry.models.DetectionStatus",
            "AlertStatus": "curation.models.AlertStatus",
            "Quality": "curation.models.review.Quality",
        }.items()
        if choices.split(".")[0] in PHASE_APPS
    },
}

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # A stage's failure is in its job's row, with the traceback; the terminal shows one line of it.
    "loggers": {"procrastinate": {"level": "CRITICAL"}},
}
