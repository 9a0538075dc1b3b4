"""Puts what the benchmark needs into .runtime: gradwatch by scripts/setup, Keras into a virtual environment of its own.

As scripts/setup does: the stamp comes last and is a copy of what the environment was made from, so that an interrupted
installation starts over and a finished one answers at once. A lock lets one installation work at a time.
"""

import fcntl
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

DISK = 2500  # MB: the environment takes 1,600, and pip unpacks wheels beside it
OLDEST, NEWEST = (3, 11), (3, 13)  # Keras 3.15 wants 3.11 or newer; TensorFlow 2.21 has no wheels beyond 3.13


class Missing(Exception):
    """Something that is needed isn't there: the message is one line that says what, and how to get it."""


def find_python():
    """Returns the command of a Python that Keras and TensorFlow both have wheels for, with venv."""
    newest_first = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    check = f"import sys, venv, ensurepip; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
    for name in [sys.executable, "python3", *newest_first]:
        try:
            if subprocess.run([name, "-c", check], stderr=subprocess.DEVNULL, check=False).returncode == 0:
                return name
        except OSError:
            continue
    raise Missing("no Python 3.11 to 3.13 with venv on PATH, and Keras 3.15 on TensorFlow 2.21 runs on these alone: "
                  "get python3.13 from your distribution (Debian: apt-get install python3.13-venv)")


def attempt(command, log, what):
    """Runs a step whose words go to a log, with the seconds on a terminal; raises Missing with its last words."""
    began = time.monotonic()
    (log.parent / "tmp").mkdir(exist_ok=True)
    # pip's temporary files go beside the target, as the system's folder for them may be small.
    variables = os.environ | {"TMPDIR": str(log.parent / "tmp"), "PIP_USER": "0"}
    with open(log, "wb") as output:
        step = subprocess.Popen(command, env=variables, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                start_new_session=True)
    try:
        while True:
            try:
                step.wait(0.5)
                break
            except subprocess.TimeoutExpired:
                if sys.stderr.isatty():
                    print(f"\r  {time.monotonic() - began:.0f} s ", end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        os.killpg(step.pid, signal.SIGKILL)
        step.wait()
        raise
    finally:
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)
    if step.returncode != 0:
        sys.stderr.write("".join(log.read_text(errors="replace").splitlines(keepends=True)[-25:]))
        raise Missing(f"{what} failed (see above): check the network and run this again")


def install_keras(root):
    """Makes .runtime/keras unless it is there: a virtual environment holds its path, so it is made in place."""
    pins, folder = root / "scripts" / "python" / "keras.txt", root / ".runtime" / "keras"
    stamp = f"{root}\n{pins.read_text()}"
    if ready(folder, stamp):
        return
    with open(root / ".runtime" / "keras-lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if ready(folder, stamp):  # another one did it while we waited
            return
        python = find_python()
        free = shutil.disk_usage(root / ".runtime").free // 10**6
        if free < DISK:
            raise Missing(f"{free} MB free in {root / '.runtime'}: want {DISK} MB for Keras and its TensorFlow")
        began = time.monotonic()
        print("installing Keras and its TensorFlow in a virtual environment (about 300 MB to download)",
              file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        attempt([python, "-m", "venv", str(folder)], folder / "log", "python's venv")
        attempt([str(folder / "bin" / "python"), "-m", "pip", "install", "--no-input", "--disable-pip-version-check",
                 "--no-cache-dir", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement",
                 str(pins)], folder / "log", "installing Keras")
        versions(folder)
        shutil.rmtree(folder / "tmp")
        (folder / ".stamp").write_text(stamp)
        print(f"  done in {time.monotonic() - began:.0f} s", file=sys.stderr)


def ready(folder, stamp):
    """Says whether the environment was made from exactly this."""
    try:
        return (folder / ".stamp").read_text() == stamp and os.access(folder / "bin" / "python", os.X_OK)
    except OSError:
        return False


def versions(folder):
    """Returns the versions of Keras, its TensorFlow and its Python, by loading them."""
    code = ("import keras, platform, tensorflow; "
            "print(keras.__version__, tensorflow.__version__, platform.python_version())")
    # A check, so the user's own Keras configuration must not decide whether it loads.
    variables = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2", "KERAS_BACKEND": "tensorflow", "KERAS_HOME": os.devnull}
    done = subprocess.run([str(folder / "bin" / "python"), "-I", "-c", code], env=variables, capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        sys.stderr.write(done.stderr)
        raise Missing(f"Keras in {folder} doesn't load (see above): remove that folder and run this again")
    return done.stdout.split()


def prepare(root):
    """Installs everything and returns the facts of this machine and its programs, by name."""
    if subprocess.run([str(root / "scripts" / "setup"), "--quiet"], check=False).returncode != 0:
        raise Missing("scripts/setup did not finish (see above)")
    install_keras(root)
    # Asking both for their versions also loads their libraries, so that the first measured run finds them in memory.
    keras, tensorflow, python = versions(root / ".runtime" / "keras")
    answer = subprocess.run([str(root / "bin" / "gradwatch"), "version"], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise Missing(f"bin/gradwatch version: {answer.stderr.strip()}")
    ours = dict(line.split(maxsplit=1) for line in answer.stdout.splitlines())
    return {
        "gradwatch": f"{ours['gradwatch']} ({commit(root)}, {ours['go'].split()[0]}, TensorFlow {ours['tensorflow']})",
        "rivals": f"Keras {keras} (TensorFlow {tensorflow}, Python {python})",
        "machine": machine(),
        "load": os.getloadavg()[0],
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def commit(root):
    """Returns the commit that was measured, and whether files differ from it."""
    try:
        done = subprocess.run(["git", "-C", str(root), "describe", "--always", "--dirty", "--exclude=*"],
                              capture_output=True, text=True, check=False)
    except OSError:
        return "no git"
    return "commit " + done.stdout.strip() if done.returncode == 0 else "no commit"


def machine():
    """Describes the machine: processor, cores that we may use, memory, system."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        system = platform.system()
    cores = len(os.sched_getaffinity(0))
    return f"{model} ({platform.machine()}), {cores} cores, {memory:.0f} GiB, {system}, Linux {platform.release()}"
