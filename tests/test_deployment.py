"""What runs the product: one command on one machine, and the files that describe containers."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml

from config import first_login
from tests.services import ROOT, children, free_port, installation, kill_tree, wait_for

COMPOSE = ROOT / "docker-compose.yml"


def tree(pid: int) -> list[int]:
    """Everything below a process."""
    below = children(pid)
    return below + [pid for child in below for pid in tree(child)]


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_text()]


def of(pid: int, word: str) -> int | None:
    """The child of a process whose command contains a word."""
    for child in children(pid):
        if word in Path(f"/proc/{child}/cmdline").read_text().split("\0"):
            return child
    return None


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    # Without DEBUG, static files would need collecting first, in a folder that tests share.
    with installation(tmp_path_factory.mktemp("served"), PORT=str(free_port()), DEBUG="1") as product:
        yield product


@pytest.fixture
def services():
    return yaml.safe_load(COMPOSE.read_text())["services"]


@pytest.mark.services
class TestServe:
    def start(self, product):
        process = product.start([sys.executable, "-m", "config.serve"], "serve")
        port = product.environment["PORT"]
        wait_for(lambda: f"http://127.0.0.1:{port}/" in product.log() or process.poll() is not None)
        wait_for(lambda: of(process.pid, "worker") and of(process.pid, "beat"))
        return process

    def answers(self, product) -> bool:
        url = f"http://127.0.0.1:{product.environment['PORT']}/admin/login/"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.status == 200
        except OSError:
            return False

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_it_serves_and_ends_cleanly(self, product, number):
        process = self.start(product)
        wait_for(lambda: self.answers(product))
        started = tree(process.pid)
        process.send_signal(number)
        assert process.wait(20) == 0
        wait_for(lambda: not alive(started), seconds=10)
        assert "Traceback" not in product.log()

    def test_what_dies_is_started_again(self, product):
        process = self.start(product)
        wait_for(lambda: self.answers(product))
        for word in "worker", "beat", "config.wsgi":
            victim = of(process.pid, word)
            kill_tree(victim)
            wait_for(lambda word=word, victim=victim: of(process.pid, word) not in {None, victim})
        wait_for(lambda: self.answers(product))
        assert "The worker ended (SIGKILL). It is started again in 1 s." in product.log()
        process.terminate()
        assert process.wait(20) == 0

    @pytest.mark.skipif(not shutil.which("setpriv"), reason="this system has no setpriv")
    def test_nothing_stays_when_it_is_killed(self, product):
        process = self.start(product)
        started = tree(process.pid)
        process.kill()
        process.wait()
        wait_for(lambda: not alive(started), seconds=30)

    @pytest.mark.parametrize("port", ["taken", "http", "0", "99999"])
    def test_a_port_that_cannot_be_used_is_said(self, product, port):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = str(listener.getsockname()[1]) if port == "taken" else port
            answer = subprocess.run(
                [sys.executable, "-m", "config.serve"],
                cwd=ROOT,
                env={**product.environment, "PORT": port},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        assert answer.returncode == 1
        assert port in answer.stderr and answer.stderr.count("\n") == 1


@pytest.mark.django_db
class TestFirstLogin:
    def test_it_is_made_once_and_said_until_it_is_changed(self, settings, tmp_path, django_user_model):
        settings.DATA_DIR = tmp_path
        said = first_login.first_login()
        kept = tmp_path / "admin_password"
        assert kept.stat().st_mode & 0o777 == 0o600
        password = kept.read_text().strip()
        assert password in said and len(password) >= 16
        assert first_login.first_login() == said
        admin = django_user_model.objects.get()
        assert admin.is_superuser and admin.check_password(password)
        admin.set_password("another password of mine")
        admin.save()
        assert password not in first_login.first_login()

    def test_an_installation_that_has_an_admin_gets_no_other(self, settings, tmp_path, django_user_model):
        settings.DATA_DIR = tmp_path
        django_user_model.objects.create_superuser("wei", password="a password of mine")
        assert "a user that you have made" in first_login.first_login()
        assert not (tmp_path / "admin_password").exists()


class TestCompose:
    def test_the_deployment_is_whole(self, services):
        assert set(services) == {"postgres", "redis", "migrate", "web", "worker", "beat"}
        for name in "postgres", "redis", "web":
            assert services[name]["healthcheck"]["test"], name
        assert "noeviction" in services["redis"]["command"]
        assert services["redis"]["command"][1:3] == ["--appendonly", "yes"]
        for name, service in services.items():
            assert service["restart"] == ("no" if name == "migrate" else "unless-stopped"), name
        for name in "web", "worker", "beat":
            assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}

    def test_no_secret_has_a_default(self):
        text = COMPOSE.read_text()
        assert set(re.findall(r"\$\{(SECRET_KEY|POSTGRES_PASSWORD|ALLOWED_HOSTS)(..)", text)) == {
            ("SECRET_KEY", ":?"),
            ("POSTGRES_PASSWORD", ":?"),
            ("ALLOWED_HOSTS", ":?"),
        }

    def test_captures_and_the_image_agree(self, services):
        image = (ROOT / "Dockerfile").read_text()
        for name in "migrate", "web", "worker", "beat":
            assert services[name]["environment"]["DATA_DIR"] == "/data"
            assert services[name]["volumes"] == ["data:/data"]
        assert "VOLUME /data" in image
        assert image.index("USER tracker") < image.index("CMD [")

    def test_every_variable_that_it_passes_is_a_setting(self, services):
        settings = (ROOT / "config" / "settings.py").read_text()
        for variable in services["web"]["environment"]:
            assert f'"{variable}"' in settings, variable

    def test_docker_accepts_it(self, tmp_path):
        command = next(
            (
                command
                for command in (["docker", "compose"], ["docker-compose"])
                if shutil.which(command[0])
                and subprocess.run([*command, "version"], capture_output=True, check=False).returncode == 0
            ),
            None,
        )
        if command is None:
            pytest.skip("docker compose is not installed")
        (tmp_path / "empty").touch()
        given = {"SECRET_KEY": "x" * 60, "POSTGRES_PASSWORD": "secret", "ALLOWED_HOSTS": "lists.example.org"}
        for missing in ["", *given]:
            environment = {name: value for name, value in given.items() if name != missing}
            answer = subprocess.run(
                [*command, "-f", str(COMPOSE), "--env-file", str(tmp_path / "empty"), "config"],
                env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment},
                capture_output=True,
                text=True,
                check=False,
            )
            assert (answer.returncode == 0) == (not missing), answer.stderr
            assert not missing or f"Set {missing}" in answer.stderr
