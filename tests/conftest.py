"""What several test files share."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(autouse=True)
def own_store(settings, tmp_path_factory):
    """Captures of a test go to a folder of its own."""
    settings.CAPTURE_DIR = tmp_path_factory.mktemp("captures")


@pytest.fixture
def shared_data() -> Path:
    """Real lists with real histories, where they are at hand."""
    if not SHARED.is_dir():
        pytest.skip(f"the real lists are not at {SHARED}")
    return SHARED


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named by their size: what compresses them stamps the time, and two workers must see the same names."""
    return f"{argname}-{len(val)}-bytes" if isinstance(val, bytes) else None
