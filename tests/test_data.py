"""MNIST arrives unharmed or a stand-in takes its place, whatever goes wrong.

The real fetch_openml runs in every test. It is fed from a data folder in OpenML's
own format, or by an HTTP server on this computer that misbehaves as told.
"""

import errno
import gzip
import hashlib
import http.server
import json
import os
import re
import socket
import threading
import time
import urllib.error
import urllib.request

import numpy as np
import pytest
import sklearn.datasets._openml
from conftest import SCRIPT, edited, environment, start
from sklearn.datasets import load_digits

N = 40  # images in our little MNIST
API = "api/v1/json/data"
ARFF_PATHS = ("data/v1/download/52667/mnist_784.arff", "data/v1/download/52667")


@pytest.fixture
def mnist(nn, monkeypatch):
    """A little MNIST, uint8 (40, 785), of the size that the script now expects."""
    monkeypatch.setattr(nn, "MNIST_SHAPE", (N, 785))
    table = np.random.default_rng(0).integers(0, 256, (N, 785)).astype(np.uint8)
    table[:, 784] = np.random.default_rng(1).permutation(np.arange(N) % 10)
    return table


def openml_files(table):
    """Return {path on openml.org: body} for a table, as OpenML would serve it."""
    columns = [f"pixel{i}" for i in range(1, 785)]
    arff = "@RELATION mnist_784\n\n"
    arff += "".join(f"@ATTRIBUTE {name} real\n" for name in columns)
    arff += "@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}\n\n@DATA\n"
    arff += "".join(",".join(map(str, row)) + "\n" for row in table.tolist())
    arff = arff.encode()
    flags = {"is_ignore": "false", "is_row_identifier": "false"}
    flags["number_of_missing_values"] = "0"
    features = [
        dict(flags, index=str(i), name=name, data_type="numeric", is_target="false")
        for i, name in enumerate(columns)
    ]
    target = dict(flags, index="784", name="class", is_target="true")
    features.append(dict(target, data_type="nominal", nominal_value=list("0123456789")))
    known = {"name": "mnist_784", "version": 1, "status": "active", "format": "ARFF"}
    description = dict(
        known,
        id="554",
        description="A little MNIST.",
        url=f"https://api.openml.org/{ARFF_PATHS[0]}",
        file_id="52667",
        default_target_attribute="class",
        md5_checksum=hashlib.md5(arff).hexdigest(),
    )
    quality = [{"name": "NumberOfInstances", "value": str(float(len(table)))}]
    bodies = {
        f"{API}/list/data_name/mnist_784/limit/2/data_version/1": {
            "data": {"dataset": [dict(known, did=554, quality=quality)]}
        },
        f"{API}/554": {"data_set_description": description},
        f"{API}/features/554": {"data_features": {"feature": features}},
        f"{API}/qualities/554": {"data_qualities": {"quality": quality}},
    }
    files = {path: json.dumps(body).encode() for path, body in bodies.items()}
    files.update({path: arff for path in ARFF_PATHS})
    return files


def data_folder():
    return sklearn.datasets.get_data_home()


def fill_folder(files):
    """Lay the files into scikit-learn's data folder, as after a download."""
    for path, body in files.items():
        file = os.path.join(data_folder(), "openml", "openml.org", path + ".gz")
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with gzip.open(file, "wb") as out:
            out.write(body)


@pytest.fixture
def downloads(nn, monkeypatch):
    """Count the calls of download(): 0 means that the cache was enough."""
    calls = []
    real = nn.download
    monkeypatch.setattr(
        nn, "download", lambda cache: calls.append(cache) or real(cache)
    )
    return calls


@pytest.fixture
def server(monkeypatch):
    """A server in the place of openml.org; its attributes say how it behaves."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.lstrip("/").split("?")[0]
            path = path.replace("/status/deactivated", "")
            self.server.asked.append(path)
            if self.server.fault(self, path):
                return
            body = gzip.compress(self.server.files[path])
            self.answer(200, body, {"Content-Encoding": "gzip"})

        def answer(self, code, body, headers=()):
            self.send_response(code)
            for name, value in dict(headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda request, address: None  # we hang up on purpose
    server.files, server.asked = {}, []
    server.fault = lambda handler, path: False
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def urlopen(request, *args, **kwargs):
        url = request if isinstance(request, str) else request.full_url
        here = f"http://127.0.0.1:{server.server_port}"
        url = re.sub(r"^https?://[^/]+", here, url)
        headers = {"Accept-encoding": "gzip"}
        return direct(urllib.request.Request(url, headers=headers))

    monkeypatch.setattr(sklearn.datasets._openml, "urlopen", urlopen)
    yield server
    server.shutdown()
    server.server_close()


def is_mnist(result, mnist):
    images, labels = result
    assert images.dtype == labels.dtype == np.uint8
    return np.array_equal(images, mnist[:, :784]) and np.array_equal(
        labels, mnist[:, 784]
    )


def is_stand_in(result):
    return result[0].shape == (1797, 784) and result[1].shape == (1797,)


def files_in(folder):
    return {
        os.path.relpath(os.path.join(at, name), folder)
        for at, _, names in os.walk(folder)
        for name in names
    }


def cache_is_whole_or_absent(nn, mnist):
    """Nothing but a whole cache may be left, and no aside files either."""
    path = nn.cache_path()
    names = os.listdir(os.path.dirname(path))
    assert set(names) <= {"openml", os.path.basename(path)}
    if os.path.exists(path):
        assert np.array_equal(nn.read_cache(), mnist)


def test_images_labels_and_their_order_come_out_right(nn, mnist, capsys):
    fill_folder(openml_files(mnist))
    assert is_mnist(nn.load_mnist(), mnist)
    assert "openml.org" in capsys.readouterr().out  # it says what it does


def test_the_second_run_needs_neither_download_nor_parser(nn, mnist, downloads, capsys):
    fill_folder(openml_files(mnist))
    nn.load_mnist()
    assert downloads == [True]
    capsys.readouterr()
    assert is_mnist(nn.load_mnist(), mnist)
    assert downloads == [True]
    assert capsys.readouterr().out == ""


def test_the_cache_keeps_rows_together(nn, mnist):
    """OpenML's parser lays columns together; training on those would crawl."""
    fill_folder(openml_files(mnist))
    for _ in range(2):
        images, _ = nn.load_mnist()
        assert images.strides[1] == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda good: b"",
        lambda good: good[:-1],
        lambda good: good[: len(good) // 2],
        lambda good: good + b"x",
        lambda good: b"rubbish",
        lambda good: bytes(len(good)),
        lambda good: bytes(len(good) // 2) + good[len(good) // 2 :],
        lambda good: good[:99] + bytes([good[99] ^ 1]) + good[100:],
        lambda good: np.random.default_rng(3).bytes(len(good)),
        lambda good: good[:784] + b"\x0a" + good[785:],  # a label of 10
        lambda good: np.frombuffer(good, np.uint8).astype(np.float32).tobytes(),
        lambda good: np.frombuffer(good, np.uint8)[: 20 * 785].tobytes(),
    ],
    ids=[
        "empty",
        "cut",
        "half",
        "longer",
        "rubbish",
        "zeros",
        "half zeros",
        "one bit",
        "random",
        "label10",
        "float32",
        "shape",
    ],
)
def test_a_bad_cache_is_ignored_and_made_again(nn, mnist, downloads, spoil):
    fill_folder(openml_files(mnist))
    nn.load_mnist()
    with open(nn.cache_path(), "rb") as file:
        good = file.read()
    with open(nn.cache_path(), "wb") as file:
        file.write(spoil(good))
    assert is_mnist(nn.load_mnist(), mnist)
    assert downloads == [True, True]
    assert np.array_equal(nn.read_cache(), mnist)


def test_a_folder_where_the_cache_should_be_costs_only_the_caching(nn, mnist, capsys):
    fill_folder(openml_files(mnist))
    os.makedirs(nn.cache_path())
    assert is_mnist(nn.load_mnist(), mnist)
    assert capsys.readouterr().out.count("not kept") == 1


def test_download_from_the_server(nn, mnist, server):
    server.files = openml_files(mnist)
    assert is_mnist(nn.load_mnist(), mnist)
    cache_is_whole_or_absent(nn, mnist)


def status(code):
    return lambda handler, path: handler.answer(code, b"{}") or True


def cut(handler, path):
    """Promise more than is sent, then hang up."""
    body = gzip.compress(handler.server.files[path])
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    return True


def says(body, **headers):
    return lambda handler, path: handler.answer(200, body, headers) or True


def on(part, fault):
    """Commit a fault on paths that contain part, and answer all others well."""
    return lambda handler, path: part in path and fault(handler, path)


def hang_up(handler, path):
    handler.connection.shutdown(socket.SHUT_RDWR)
    return True


def other_images(handler, path):
    """Sound ARFF with other numbers than the checksum was made for."""
    table = np.zeros((N, 785), int)
    body = openml_files(table)[path]
    return handler.answer(200, body) or True


FAULTS = {
    "404": status(404),
    "412": status(412),
    "500": status(500),
    "504": status(504),
    "404 for the big file": on("download", status(404)),
    "hung up": hang_up,
    "list cut": on("list", cut),
    "big file cut": on("download", cut),
    "not gzip": says(b"<html>rubbish</html>", **{"Content-Encoding": "gzip"}),
    "not JSON": says(b"<html>Log in to the hotel's network</html>"),
    "other JSON": says(b'{"error": "no"}'),
    "JSON list": says(b"[]"),
    "JSON null": says(b"null"),
    "description without a url": on(
        f"{API}/554", says(b'{"data_set_description": {"status": "active"}}')
    ),
    "not ARFF": on("download", says(b"<html>rubbish</html>")),
    "checksum wrong": on("download", other_images),
    "big file not gzip": on("download", says(b"xx", **{"Content-Encoding": "gzip"})),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_faulty_server_means_the_stand_in_now_and_mnist_when_it_recovers(
    nn, mnist, server, capfd, shown, fault
):
    server.files, server.fault = openml_files(mnist), fault
    assert is_stand_in(nn.load_mnist())
    out, err = capfd.readouterr()
    assert "MNIST cannot be had now" in out
    assert "1,797 small digits" in out
    assert re.search(r"What went wrong:\n[A-Z]\w+: .", out), out
    assert out.isascii()
    assert err == ""
    assert shown() == []
    cache_is_whole_or_absent(nn, mnist)

    server.fault = lambda handler, path: False
    assert is_mnist(nn.load_mnist(), mnist)
    cache_is_whole_or_absent(nn, mnist)


def wrong_label(table):
    table[5, 784] = 3
    table[table[:, 784] == 7, 784] = 3  # no 7 at all: not MNIST


def too_few(table):
    table.resize((30, 785), refcheck=False)


@pytest.mark.parametrize("change", [wrong_label, too_few])
def test_what_is_not_mnist_is_not_taken_for_it(nn, mnist, capsys, change):
    """Checksum and format may be right and the contents still something else."""
    table = mnist.copy()
    change(table)
    fill_folder(openml_files(table))
    assert is_stand_in(nn.load_mnist())
    assert not os.path.exists(nn.cache_path())


@pytest.mark.parametrize("value", [256, -1, 0.5])
def test_pixels_that_no_byte_can_hold_are_not_mnist(nn, mnist, value):
    table = mnist.astype(object)
    table[7, 100] = value
    fill_folder(openml_files(table))
    assert is_stand_in(nn.load_mnist())


def test_no_network_at_all(nn, mnist, capfd, shown):
    assert is_stand_in(nn.load_mnist())
    out, err = capfd.readouterr()
    assert "URLError" in out
    assert err == ""
    assert shown() == []
    cache_is_whole_or_absent(nn, mnist)


def test_out_of_memory_while_parsing(nn, mnist, monkeypatch, capsys):
    """The parser wants 950 MB; asking for them once is enough."""
    calls = []

    def parse(*args, **kwargs):
        calls.append(kwargs)
        raise MemoryError("no room")

    monkeypatch.setattr(nn, "fetch_openml", parse)
    assert is_stand_in(nn.load_mnist())
    assert "MemoryError: no room" in capsys.readouterr().out
    assert len(calls) == 1


def test_a_reason_is_one_plain_line_that_fits(nn, monkeypatch, capsys):
    error = OSError("Caf\u00e9\n  \u2013 line two " + "x" * 1000)

    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(nn, "fetch_openml", fail)
    nn.load_mnist()
    monkeypatch.setattr(nn.os, "replace", fail)
    nn.write_cache(np.zeros((3, 785), np.uint8))
    lines = capsys.readouterr().out.splitlines()
    assert lines[4].startswith("OSError: Caf? ? line two x")
    assert lines[5].startswith("MNIST is not kept for the next run: Caf? ? line two")
    assert len(lines) == 6
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("error", [MemoryError, TimeoutError, urllib.error.URLError])
def test_what_a_second_try_cannot_help_is_not_tried_again(nn, monkeypatch, error):
    """A second round of waiting, or of 950 MB, would help nobody."""
    calls = []

    def fail(cache):
        calls.append(cache)
        raise error("no")

    monkeypatch.setattr(nn, "download", fail)
    assert is_stand_in(nn.load_mnist())
    assert calls == [True]


@pytest.fixture
def silent_port():
    """A server that accepts and then says nothing; count its connections."""
    listener = socket.create_server(("127.0.0.1", 0))
    kept = []

    def accept():
        while True:
            try:
                kept.append(listener.accept()[0])
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1], kept
    listener.close()
    for connection in kept:
        connection.close()


def test_a_silent_server_is_given_up_within_about_a_minute(nn, silent_port, tmp_path):
    """The script's own process, an open connection, and not a word on it."""
    port, kept = silent_port
    proxy = f"http://127.0.0.1:{port}"
    env = environment(tmp_path, https_proxy=proxy, HTTPS_PROXY=proxy)
    script = edited(tmp_path, PATIENCE="0.3", EPOCHS="1")
    began = time.monotonic()
    process = start(tmp_path, script, env=env)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"MNIST cannot be had now" in out
    assert err == b""
    waited = time.monotonic() - began
    assert 1 <= len(kept) <= 4
    assert len(kept) * 0.3 <= waited
    assert len(kept) * (nn.PATIENCE + 1) <= 60  # as shipped


@pytest.mark.parametrize("part", ["list", f"{API}/554", "features", "download"])
def test_silence_at_any_point_is_given_up(nn, mnist, server, monkeypatch, part):
    """Also a server that falls silent later; the patience is ours, then it is reset."""
    server.files = openml_files(mnist)
    done = threading.Event()
    asked = []

    def silent(handler, path):
        if part not in path:
            return False
        asked.append(path)
        done.wait(20)
        return True

    server.fault = silent
    monkeypatch.setattr(nn, "PATIENCE", 0.1)
    assert is_stand_in(nn.load_mnist())
    done.set()
    assert len(asked) * (7 + 1) <= 70, "more than about a minute of patience"
    assert socket.getdefaulttimeout() is None


def test_the_patience_of_others_is_restored(nn, mnist):
    socket.setdefaulttimeout(123)
    try:
        nn.load_mnist()
        assert socket.getdefaulttimeout() == 123
    finally:
        socket.setdefaulttimeout(None)


def test_a_missing_data_folder_is_made(nn, mnist, server, monkeypatch, tmp_path):
    folder = tmp_path / "not" / "yet"
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(folder))
    server.files = openml_files(mnist)
    assert is_mnist(nn.load_mnist(), mnist)
    assert os.path.exists(nn.cache_path())


def forbid_writing(monkeypatch, folder):
    """Make the folder read-only: for the superuser too, who may write anywhere."""
    real_mkdir, real_open = os.mkdir, os.open

    def refuse(function):
        def guarded(path, *args, **kwargs):
            if os.path.abspath(os.fspath(path)).startswith(str(folder)):
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return function(path, *args, **kwargs)

        return guarded

    monkeypatch.setattr(os, "mkdir", refuse(real_mkdir))
    monkeypatch.setattr(os, "open", refuse(real_open))


def test_a_read_only_data_folder_costs_only_the_caching(
    nn, mnist, server, monkeypatch, tmp_path, capsys
):
    folder = tmp_path / "data"
    folder.mkdir()
    forbid_writing(monkeypatch, folder)
    server.files = openml_files(mnist)
    assert is_mnist(nn.load_mnist(), mnist)
    assert capsys.readouterr().out.count("MNIST is not kept for the next run") == 1
    assert files_in(folder) == set()


def test_a_home_that_cannot_be_written_costs_only_the_caching(
    nn, mnist, server, monkeypatch, tmp_path, capsys
):
    home = tmp_path / "home"
    home.write_text("a file, in which no folder can be made")
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(home / "scikit_learn_data"))
    server.files = openml_files(mnist)
    assert is_mnist(nn.load_mnist(), mnist)
    assert capsys.readouterr().out.count("MNIST is not kept for the next run") == 1


def test_a_home_that_cannot_be_written_and_no_network(nn, monkeypatch, tmp_path):
    home = tmp_path / "home"
    home.write_text("a file, in which no folder can be made")
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(home / "scikit_learn_data"))
    assert is_stand_in(nn.load_mnist())


def test_a_full_disk_while_caching(nn, mnist, capsys):
    """A real one: the operating system refuses to let the file grow."""
    resource = pytest.importorskip("resource")
    import signal

    fill_folder(openml_files(mnist))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        result = nn.load_mnist()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert is_mnist(result, mnist)
    assert "MNIST is not kept for the next run" in capsys.readouterr().out
    assert not os.path.exists(nn.cache_path())
    cache_is_whole_or_absent(nn, mnist)
    assert is_mnist(nn.load_mnist(), mnist)
    assert os.path.exists(nn.cache_path())


def test_two_runs_at_once(nn, mnist):
    """Each writes aside and renames: a reader sees the whole file or none."""
    seen = []

    def write():
        for _ in range(50):
            nn.write_cache(mnist)
            seen.append(nn.read_cache())

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 100
    assert all(np.array_equal(table, mnist) for table in seen)
    cache_is_whole_or_absent(nn, mnist)


def test_killed_between_writing_and_renaming(nn, mnist, tmp_path, downloads):
    """What is left aside is never taken for the cache."""
    code = (
        "import os, signal, sys; sys.path.insert(0, sys.argv[1]); import mnist_nn\n"
        "mnist_nn.os.replace = lambda a, b: os.kill(os.getpid(), signal.SIGKILL)\n"
        "mnist_nn.write_cache(mnist_nn.stand_in_digits())\n"
    )
    process = start(tmp_path, "-c", code, SCRIPT.parent)
    assert process.communicate(timeout=60) == (b"", b"")
    assert process.returncode == -9
    assert files_in(tmp_path / "data") != set()  # killed in the act
    assert not os.path.exists(nn.cache_path())
    fill_folder(openml_files(mnist))
    assert is_mnist(nn.load_mnist(), mnist)
    assert downloads == [True]
    assert np.array_equal(nn.read_cache(), mnist)


@pytest.mark.parametrize("where", ["fetch_openml", "write_cache"])
def test_ctrl_c_while_loading_is_not_taken_for_a_fault(nn, mnist, monkeypatch, where):
    """It ends the program; it must not end up in the stand-in digits."""
    fill_folder(openml_files(mnist))

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(nn, where, interrupt)
    with pytest.raises(KeyboardInterrupt):
        nn.load_mnist()
    assert socket.getdefaulttimeout() is None


def test_ctrl_c_while_writing_leaves_nothing_behind(nn, mnist, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        nn.write_cache(mnist)
    assert files_in(data_folder()) == set()


def test_the_stand_in_is_scikit_learns_digits_three_times_as_large(nn):
    images, labels = nn.load_mnist()
    digits = load_digits()
    assert images.dtype == labels.dtype == np.uint8
    assert images.shape == (1797, 784)
    small = images.reshape(-1, 28, 28)[:, 3:26:3, 3:26:3].reshape(-1, 64)
    original = np.round(digits.data * 255 / 16)
    rows = sorted(map(tuple, np.column_stack([original, digits.target])))
    assert sorted(map(tuple, np.column_stack([small, labels]))) == rows
    big = small.reshape(-1, 8, 8).repeat(3, axis=1).repeat(3, axis=2)
    assert (images.reshape(-1, 28, 28)[:, 2:26, 2:26] == big).all()
    assert images.sum() == big.sum()  # paper all around


def test_every_part_of_the_stand_in_has_every_writer(nn):
    """Its order is by writer: each seventh image is a test image."""
    _, labels = nn.load_mnist()
    target = load_digits().target
    n_test = len(labels) // 7
    assert (labels[-n_test:] == target[6::7]).all()
