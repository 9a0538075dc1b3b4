"""Decides which labels are confirmed, which verdicts are right, and counts them: pure functions of what came out."""

from dataclasses import dataclass

from material import Ceiling
from symptoms import BY_NAME, HEALTHY, SYMPTOMS

LEARNED = 0.85  # of the way from guessing to what neighbours reach: from here on a run has learned
SWING = 0.1  # of the test accuracy over the last fifth of the epochs: from here on a run is unstable
AIM_DETECTED, AIM_FALSE, AIM_CAUSE = 0.95, 0, 0.9


@dataclass(frozen=True)
class Outcome:
    """What came of training a case: state, score at the end (0 if it isn't a number), what can be reached, and how far
    the test accuracy swings in the last epochs."""

    state: str = ""
    accuracy: float = 0
    ceiling: Ceiling | None = None
    failure: str = ""
    swing: float = 0


@dataclass(frozen=True)
class Finding:
    kind: str
    severity: str  # error or warning
    layer: str  # or nothing
    message: str
    follows: bool = False  # from another finding, its cause


@dataclass(frozen=True)
class Diagnosis:
    """What gradwatch diagnose said of a run."""

    verdict: str = ""  # ok, warning or error
    findings: tuple = ()
    failure: str = ""

    @classmethod
    def read(cls, record):
        """Returns the diagnosis from gradwatch diagnose's JSON. Notes, which cost nothing that shows, count as nothing."""
        findings = tuple(Finding(f["kind"], f["severity"], f.get("layer") or "", f.get("message") or "",
                                 f.get("cause") is not None)
                         for f in record["findings"] or () if f["severity"] != "note")
        return cls(record["verdict"], findings)


@dataclass(frozen=True)
class Judged:
    """A case, what came of it, and what both say together."""

    case: object
    outcome: Outcome
    diagnosis: Diagnosis
    learned: float  # share of the way from guessing to what neighbours reach
    twin: float  # the same of the healthy twin; 0 for a case without
    confirmed: bool

    @property
    def counted(self):
        """Says whether the case is in the rates: its label is confirmed, and it was diagnosed."""
        return self.confirmed and not self.diagnosis.failure

    @property
    def detecting(self):
        """Returns the findings that count as detecting the symptom."""
        return [f for f in self.diagnosis.findings if f.kind in BY_NAME[self.case.symptom].kinds]

    @property
    def first(self):
        """Returns the kind of the first finding that follows from no other; nothing where there is none."""
        return next((f.kind for f in self.diagnosis.findings if not f.follows), "")

    @property
    def cause_first(self):
        """Says whether the first finding is what the construction makes the cause."""
        return self.first in BY_NAME[self.case.symptom].causes

    @property
    def right_layer(self):
        """Says whether the layer that is named first is right; None where the construction says nothing about it.

        Errors come before warnings. A detected case none of whose findings has a kind with known layers named no layer.
        """
        if not self.case.layers or not self.detecting:
            return None
        named = [f for f in self.detecting if f.kind in self.case.layers and f.layer]
        named.sort(key=lambda f: f.severity != "error")
        return bool(named) and named[0].layer in self.case.layers[named[0].kind]


def learned(accuracy, ceiling):
    """Returns how much of the way from guessing to what can be reached a score is."""
    return (accuracy - ceiling.guess) / max(ceiling.reach - ceiling.guess, 1e-9)


def judge(cases, outcomes, diagnoses):
    """Returns the cases that were trained, judged."""
    judged = []
    for case in cases:
        outcome, twin = outcomes[case.name], outcomes.get(case.twin)
        if outcome.failure or (twin and twin.failure):
            continue
        # Shuffled labels have no better ceiling than guessing: what counts is what the twin could reach.
        reached = learned(outcome.accuracy, (twin or outcome).ceiling)
        twins = learned(twin.accuracy, twin.ceiling) if twin else 0
        confirmed = confirms(case.symptom, outcome.state, reached, twins, outcome.swing)
        judged.append(Judged(case, outcome, diagnoses[case.name], reached, twins, confirmed))
    return judged


def confirms(symptom, state, reached, twin, swing=0):
    """Says whether what a run learned confirms its label.

    A healthy run learned: LEARNED of the way. A broken one diverged, or stayed below LEARNED of what its twin reached,
    and its twin learned. An unstable one may have stopped at a good moment: a swing of SWING confirms it too.
    """
    if symptom == HEALTHY:
        return state == "done" and reached >= LEARNED
    return twin >= LEARNED and (state == "diverged" or reached < LEARNED * twin or
                                (symptom == "unstable" and swing >= SWING))


@dataclass(frozen=True)
class Count:
    """A symptom's line of the table, or that of all symptoms together."""

    name: str
    runs: int
    confirmed: int
    diagnosed: int  # of those confirmed
    detected: int
    errors: int  # of those detected, by a finding that is an error
    causes: int  # of those diagnosed, the first finding is the cause
    right: int  # of those detected, the right layer named
    known: int  # of those detected, the construction says which layer is right
    false_alarms: int  # healthy cases with an error of a kind that counts for this symptom

    @property
    def missed(self):
        return self.diagnosed - self.detected


def count(name, judged, false_alarms):
    """Counts broken cases."""
    counted = [j for j in judged if j.counted]
    detected = [j for j in counted if j.detecting]
    known = [j for j in detected if j.right_layer is not None]
    return Count(name, len(judged), sum(j.confirmed for j in judged), len(counted), len(detected),
                 sum(any(f.severity == "error" for f in j.detecting) for j in detected),
                 sum(j.cause_first for j in counted), sum(j.right_layer for j in known), len(known), false_alarms)


def by_symptom(judged):
    """Returns a Count for each symptom that there are cases of, in the table's order, and one for all."""
    broken = [j for j in judged if j.case.symptom != HEALTHY]
    alarms = [error_kinds(j) for j in judged if j.counted and j.case.symptom == HEALTHY]
    counts = []
    for symptom in SYMPTOMS:
        group = [j for j in broken if j.case.symptom == symptom.name]
        if group:
            counts.append(count(symptom.name, group, sum(not kinds.isdisjoint(symptom.kinds) for kinds in alarms)))
    return [*counts, count("all", broken, sum(map(bool, alarms)))] if counts else []


def error_kinds(judged):
    """Returns the kinds of a case's findings that are errors."""
    return {f.kind for f in judged.diagnosis.findings if f.severity == "error"}


@dataclass(frozen=True)
class HealthyCount:
    runs: int
    confirmed: int
    diagnosed: int
    errors: int  # with a finding that is an error
    warnings: int  # with warnings alone


def of_healthy(judged):
    """Counts healthy cases by the severest finding of each."""
    healthy = [j for j in judged if j.case.symptom == HEALTHY]
    return HealthyCount(len(healthy), sum(j.confirmed for j in healthy), sum(j.counted for j in healthy),
                        len(false_alarms(judged, "error")), len(false_alarms(judged, "warning")))


@dataclass(frozen=True)
class KindCount:
    """In how many runs a kind of finding appeared: its severest, each run once."""

    kind: str
    broken: int
    errors: int  # healthy runs
    warnings: int  # healthy runs


def by_kind(judged):
    """Returns a KindCount for each kind that appeared."""
    counts = []
    for kind in sorted({f.kind for j in judged if j.counted for f in j.diagnosis.findings}):
        having = [j for j in judged if j.counted and any(f.kind == kind for f in j.diagnosis.findings)]
        healthy = [j for j in having if j.case.symptom == HEALTHY]
        errors = sum(kind in error_kinds(j) for j in healthy)
        counts.append(KindCount(kind, len(having) - len(healthy), errors, len(healthy) - errors))
    return counts


def missed(judged):
    """Returns the broken cases in which no finding says what is wrong."""
    return [j for j in judged if j.counted and j.case.symptom != HEALTHY and not j.detecting]


def other_first(judged):
    """Returns the broken cases whose first finding isn't the cause."""
    return [j for j in judged if j.counted and j.case.symptom != HEALTHY and not j.cause_first]


def wrong_layer(judged):
    """Returns the broken cases that are detected, at the wrong layer."""
    return [j for j in judged if j.counted and j.case.symptom != HEALTHY and j.right_layer is False]


def false_alarms(judged, severity):
    """Returns the healthy cases whose severest finding has this severity."""
    flagged = [j for j in judged if j.counted and j.case.symptom == HEALTHY and j.diagnosis.findings]
    return [j for j in flagged if bool(error_kinds(j)) == (severity == "error")]


def unconfirmed(judged):
    """Returns the cases that contradict their label."""
    return [j for j in judged if not j.confirmed]
