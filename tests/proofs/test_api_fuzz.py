"""The API against its own description: a live portal is asked what the OpenAPI document allows and what it does not, as three posts.

`PROOF=1` asks each operation at least 200 times, otherwise 20. Zero server errors, zero answers beside the document, zero wrong
questions taken, zero operations without the token.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import migrated
from tests.browser.site import serving

EXAMPLES = 200 if os.environ.get("PROOF") else 20
CHECKS = (
    "not_a_server_error", "status_code_conformance", "response_schema_conformance", "content_type_conformance",
    "negative_data_rejection", "positive_data_acceptance", "unsupported_method", "ignored_auth",
)  # fmt: skip
TOKEN = """
from datetime import date
from accounts.models import User
from tests.factories_exchange import MARK, ApiTokenFactory
user = User.objects.get(username="{username}")
print(ApiTokenFactory(user=user, prefix=f"{{MARK}}{{user.pk:09}}", expires_on=date(2099, 1, 1)).secret)
"""


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("API_PER_MINUTE", "100000000")
        patched.setenv("API_ROWS_PER_DAY", "1000000000")
        folder = tmp_path_factory.mktemp("api")
        with serving(folder, size=0.1, template=migrated.template()) as site:
            yield site


def token_of(site, username):
    code = TOKEN.format(username=username)
    program = [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code]
    made = subprocess.run(program, env=site.environment, check=True, capture_output=True, text=True)
    return made.stdout.split()[-1]


@pytest.mark.parametrize("username", ["gongwei", "shuji", "ducha"])
def test_each_answer_is_as_described_and_each_wrong_question_is_refused(portal, tmp_path, username, record_property):
    report = tmp_path / "report.json"
    program = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{portal.url}/api/v1/schema/", "--header",
        f"Authorization: Bearer {token_of(portal, username)}", "--checks", ",".join(CHECKS), "--phases", "coverage,fuzzing",
        "--max-examples", str(EXAMPLES), "--workers", "4", "--continue-on-failure", "--report", "json", "--report-json-path",
        str(report), "--generation-database", "none", "--suppress-health-check", "all", "--warnings", "off",
    ]  # fmt: skip
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True)

    told = done.stdout[-6000:]
    cases = re.search(r"(\d+) generated, (\d+) passed", told)
    print(f"T-API {username}: {cases and cases[0]}")
    record_property("cases", cases and cases[0])
    assert done.returncode == 0, told
    assert cases[1] == cases[2]
