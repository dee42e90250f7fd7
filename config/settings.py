"""Settings, all from the environment; each has a safe default for one machine.

A value that is wrong is refused at start with a sentence that says what to set.
"""

import contextlib
import os
import secrets
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from config import environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
# A file beside manage.py may hold the environment; what the process was started with wins.
environ.Env.read_env(BASE_DIR / ".env")

DEBUG = environment.switch("DEBUG")
TESTING = "pytest" in sys.modules

DATA_DIR = Path(environment.text("DATA_DIR", str(BASE_DIR / "data"))).expanduser().absolute()
try:
    DATA_DIR.mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(
        f"DATA_DIR={DATA_DIR} cannot be created ({error.strerror}). "
        "Set DATA_DIR to a folder that this user may write to."
    ) from error
if not os.access(DATA_DIR, os.W_OK | os.X_OK):
    raise ImproperlyConfigured(
        f"DATA_DIR={DATA_DIR} cannot be written. Set it to a folder that this user may write to."
    )
CAPTURE_DIR = DATA_DIR / "captures"


def _kept_secret(path: Path) -> str:
    """The secret that one machine made for itself, kept in its data folder so that sessions survive a restart."""
    if not path.exists():
        # Whole before it has its name, so that another process of the same start never reads half of it.
        handle, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(60))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        Path(draft).unlink()
    return path.read_text().strip()


SECRET_KEY = environment.text("SECRET_KEY") or _kept_secret(DATA_DIR / "secret_key")
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured(
        "SECRET_KEY is shorter than 32 characters. Unset it to have one made, or set a longer one."
    )

ALLOWED_HOSTS = environment.hosts("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
# Addresses of the site behind TLS ("https://lists.example.org"): CSRF's trusted origins, and secure cookies.
SITE_URLS = environment.sites("SITE_URLS")
CSRF_TRUSTED_ORIGINS = SITE_URLS
BEHIND_TLS = any(url.startswith("https://") for url in SITE_URLS)

INSTALLED_APPS = [
    "config.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_filters",
    "ninja",
    "axes",
    "vendors",
    "procurement",
    "scraping",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 1  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_IPWARE_PROXY_COUNT = int(environment.number("PROXY_COUNT", 0, 0, 10))
AXES_IPWARE_META_PRECEDENCE_ORDER = (
    ["HTTP_X_FORWARDED_FOR", "REMOTE_ADDR"] if AXES_IPWARE_PROXY_COUNT else ["REMOTE_ADDR"]
)
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_VERBOSE = False  # it greets in every command's output

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["procurement.templatetags.lists"],
        },
    }
]

SQLITE = f"sqlite:///{DATA_DIR / 'tracker.sqlite3'}"
_HOW = "Use postgres://user:password@host:5432/name or sqlite:////path/to/file."
_url = environment.text("DATABASE_URL", SQLITE)
# What is wrong is not repeated here or below, because a password may be in it.
if not _url.startswith(("postgres://", "postgresql://", "sqlite:///")):
    raise ImproperlyConfigured(f"DATABASE_URL names no database that is supported. {_HOW}")
try:
    DATABASES = {"default": env.db_url_config(_url)}
except ValueError as error:
    raise ImproperlyConfigured(f"DATABASE_URL is not understood. {_HOW}") from error
if not DATABASES["default"]["NAME"]:
    raise ImproperlyConfigured(f"DATABASE_URL names no database. {_HOW}")
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    _folder = Path(DATABASES["default"]["NAME"]).parent
    if not _folder.is_dir():
        raise ImproperlyConfigured(f"DATABASE_URL: the folder {_folder} does not exist. Make it, or name another.")
    # Measured: with these 0 "database is locked" under 6 writers, 869 with the defaults.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;"
        ),
    }
else:
    DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"  # where no safe address to go on to is given

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["config.formats"]

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or TESTING

try:
    EMAIL_CONFIG = env.email_url_config(environment.text("EMAIL_URL", "consolemail://"))
except (KeyError, ValueError, environ.ImproperlyConfigured) as error:
    raise ImproperlyConfigured(
        "EMAIL_URL is not understood. Use smtp+tls://user:password@mail.example.org:587, or unset it to print mail."
    ) from error
vars().update(EMAIL_CONFIG)

# Nothing is loaded from elsewhere, and no script or style is inline. A view may send another policy of its own.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31536000 if BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS and AXES_IPWARE_PROXY_COUNT else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 30 * 1024 * 1024

CELERY_BROKER_URL = environment.text("CELERY_BROKER_URL", "filesystem://")
if urlsplit(CELERY_BROKER_URL).scheme not in {"filesystem", "redis", "rediss"}:
    raise ImproperlyConfigured(
        "CELERY_BROKER_URL is not understood. Use redis://host:6379/0, or leave it unset for one machine."
    )

# How often beat looks for due sources and waiting runs.
TICK_SECONDS = environment.number("TICK_SECONDS", 15.0, 0.2, 300.0)

# Who we say we are to the sites that we read; an address where their operators can reach us belongs in it.
CONTACT = environment.text("CONTACT")

# Loopback and private networks may be fetched (an intranet, tests); link-local and other special ranges never.
FETCH_ALLOW_PRIVATE = environment.switch("FETCH_ALLOW_PRIVATE")
# Ports that sources may use besides 80 and 443.
FETCH_PORTS = environment.ports("FETCH_PORTS")
# A PEM file of the certificate authorities to trust instead of the usual ones.
FETCH_CA_BUNDLE = environment.text("FETCH_CA_BUNDLE")
if FETCH_CA_BUNDLE and not Path(FETCH_CA_BUNDLE).is_file():
    raise ImproperlyConfigured(f"FETCH_CA_BUNDLE={FETCH_CA_BUNDLE} is not a file. Set it to a PEM file, or unset it.")

LOG_LEVEL = environment.choice("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"])
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
