"""The one settings file: everything that differs between machines comes from the environment."""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import vault.keys

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR", BASE_DIR / "var"))
TESTING = os.environ.get("PORTAL_TESTING") == "1"
HTTPS = os.environ.get("HTTPS") == "1"
DEBUG = False

KEY_DIR = Path(os.environ.get("KEY_DIR", VAR_DIR / "keys"))
vault.keys.ensure_keys(KEY_DIR)
VAULT_KEY_DIR = KEY_DIR
SECRET_KEY = vault.keys.signing_key(KEY_DIR)

ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if HTTPS and host not in ("*", "")]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.forms",  # last place where the form renderer looks, after our own templates
    "axes",
    "csp",
    "django_htmx",
    "template_partials",
    "import_export",
    "rest_framework",
    "drf_spectacular",
    "accounts",
    "rulebook",
    "files",
    "jobs",
    "branches",
    "duties",
    "members",
    "meetings",
    "training",
    "recruitment",
    "assessment",
    "datacalls",
    "reminders",
    "exchange",
    "portal",
]

MIDDLEWARE = [
    "accounts.middleware.headers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accounts.middleware.LighterPages",
    "csp.middleware.CSPMiddleware",
    "exchange.door.Door",  # the API: by token alone, before any session is looked at
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.session_limits",
    "branches.rights.second_factor_first",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "branches.rights.PolicyMiddleware",
    "accounts.middleware.TwoAtOnce",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

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
                "django.contrib.messages.context_processors.messages",
                "portal.context.frame",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"


def database(url):
    """Django's connection settings for a `postgresql://` address; `?host=/folder` names a socket."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


DATABASES = {"default": database(os.environ.get("DATABASE_URL", "postgresql:///portal"))}
# Compiling a statement takes the server longer than any of ours runs; it would do so for whatever it estimates too high.
limits = "-c jit=off"
# Seconds after which a statement of a page is given up; the web server sets it, work in the background takes its time.
if STATEMENT_SECONDS := os.environ.get("STATEMENT_SECONDS"):
    limits += f" -c statement_timeout={int(STATEMENT_SECONDS)}s -c idle_in_transaction_session_timeout=60s"
DATABASES["default"]["OPTIONS"].setdefault("options", limits)
# A standby for reading alone (portal/operations/replica.py).
DATABASE_REPLICA_URL = os.environ.get("DATABASE_REPLICA_URL", "")
if DATABASE_REPLICA_URL:
    DATABASES["replica"] = database(DATABASE_REPLICA_URL)
    DATABASES["replica"]["OPTIONS"].setdefault("connect_timeout", "2")
    DATABASES["replica"]["OPTIONS"].setdefault("options", DATABASES["default"]["OPTIONS"].get("options", ""))
    DATABASE_ROUTERS = ["portal.operations.replica.Router"]
    MIDDLEWARE.insert(
        MIDDLEWARE.index("django.contrib.sessions.middleware.SessionMiddleware"), "portal.operations.replica.Middleware"
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")

# ---- who
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "/"
# argon2id with 19 MiB, 2 passes, 1 lane (the OWASP floor): 41 ms here, against 250 ms of Django's default.
PASSWORD_HASHERS = ["accounts.hashers.Argon2id"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("MinimumLengthValidator", {"min_length": 10}),
        ("UserAttributeSimilarityValidator", {"user_attributes": ("username", "name")}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
AXES_HANDLER = "accounts.throttle.Handler"
AXES_LOCKOUT_CALLABLE = "accounts.views.locked_out"
AXES_CLIENT_IP_CALLABLE = "accounts.throttle.network"
AXES_COOLOFF_TIME = 0.25  # hours
# Wrong passwords before a lock: for one account from one network, for one account from anywhere, for one network.
LOGIN_LIMITS = {"pair": 5, "account": 20, "network": 100}
# "required": 管理员, 工作人员 and 督查 sign in with a code as well. "offered": whoever wants to. The trial run on one's
# own machine has published passwords and no front that others reach; a second factor protects nothing there.
SECOND_FACTOR = os.environ.get("SECOND_FACTOR", "required" if HTTPS else "offered")
SECOND_FACTOR_MISSES = 20  # wrong codes in a row, however slowly, after which only a recovery code helps
FRESH_SECONDS = 5 * 60  # how long a password just given counts as proof of who sits there
# Classified values and searches by ID number of one person in an hour; from how many on the record marks it.
LOOKUP_LIMITS = {"hour": 20, "frequent": 10}
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address"]

# ---- sessions: in the database, so that they outlive Redis
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_IDLE_SECONDS = 30 * 60
SESSION_ABSOLUTE_SECONDS = 12 * 3600
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_FAILURE_VIEW = "accounts.views.csrf_failure"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # names do not belong in a cookie
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# ---- language and time: business dates are `date` in this zone
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "config.formats"

# ---- files
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static", ("vendor", VAR_DIR / "vendor")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = VAR_DIR / "files"
FILES_MAX_BYTES = 15 * 1024 * 1024
FILES_MAX_PIXELS = 25_000_000
FILES_MAX_SIDE = 2560  # a larger picture is kept at this size
FILES_THUMBNAIL_SIDE = 480
FILES_MAX_PAGES = 200
FILES_WALL_SECONDS = 60
FILES_MIN_FREE = 0.15  # of the disk; below it no upload is taken
CLAMD = os.environ.get("CLAMD", "")  # tcp://127.0.0.1:3310 or unix:///run/clamav/clamd.sock; empty: no virus scanner
CLAMD_SECONDS = 30
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # a roll of a large branch is one field per member
FILE_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]  # no roster in clear on disk

# ---- work in the background
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "unacked_restore_throttle": 1}
CELERY_TIMEZONE = TIME_ZONE
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_USE_TRANSACTIONS = True
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["exchange.bearer.Bearer"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "branches.endpoint.answer",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "VERSION": "1",
    "DESCRIPTION": "只读。看得到什么，以令牌所属账号的岗位为准，和网页一致。",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [],
}
# Requests of one token and of one network in a minute; rows given to one person in a day.
API_LIMITS = {
    "token": int(os.environ.get("API_PER_MINUTE", "240")),
    "network": 5 * int(os.environ.get("API_PER_MINUTE", "240")),
    "rows": int(os.environ.get("API_ROWS_PER_DAY", "300000")),
}

# Names, numbers and query strings never reach the log: only what Django and Celery say of errors.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"django": {"handlers": [], "propagate": True}, "django.server": {"handlers": [], "propagate": True}},
}

PORTAL_NAME = os.environ.get("PORTAL_NAME", "云岭教育党建")

# ---- backup: the folder of the daily one (empty: none), and the public key to which it is locked (empty: it is not)
BACKUP_DIR = os.environ.get("BACKUP_DIR", "")
BACKUP_RECIPIENT = os.environ.get("BACKUP_RECIPIENT", "")

# Where reminders may go outside the portal; a plus marks a host of the office's own network (reminders/net.py).
REMINDER_HOSTS = [
    host.strip()
    for host in os.environ.get("REMINDER_HOSTS", "qyapi.weixin.qq.com,oapi.dingtalk.com").split(",")
    if host.strip()
]
