import pytest

from tests import migrated
from tests.browser.site import serving

PHONE, DESK = {"width": 360, "height": 780}, {"width": 1366, "height": 900}


@pytest.fixture(scope="session")
def site(tmp_path_factory, chromium_path):
    """One portal with a small demo county for all stories of a worker."""
    with serving(tmp_path_factory.mktemp("site"), size=0.1, template=migrated.template()) as found:
        yield found


@pytest.fixture
def open_page(browser, site):
    """A page of a fresh visitor; what the browser complains about fails the test, and so does a request to anywhere else."""
    contexts, complaints = [], []

    def make(*, phone=False, script=True):
        context = browser.new_context(
            viewport=PHONE if phone else DESK, locale="zh-CN", timezone_id="Asia/Shanghai", java_script_enabled=script
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request", lambda request: request.url.startswith((site.url, "data:")) or complaints.append(request.url)
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []
