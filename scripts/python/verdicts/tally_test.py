"""Tests of what is drawn, made, confirmed and counted.

    python3 -B -m unittest discover -s scripts/python/verdicts -p '*_test.py'
"""

import unittest
from dataclasses import replace

import halves
import material
import tables
import tally
from case import Bias, Case, Model, Points
from material import Ceiling
from tally import Diagnosis, Outcome

POINTS = Points("circles", 1000, 0.1, 1)
MODEL = Model((4, 4), "relu", "sgd", 0.01, 32, 100, 1)
CEILING = Ceiling(guess=0.5, reach=0.9)
TWIN = Case("design-twin", "healthy", POINTS, MODEL)
BROKEN = Case("design-bias", "negative-bias", POINTS, replace(MODEL, bias=Bias((2,), -9)), TWIN.name,
              {"dead-units": ("dense_2",)})


def said(*findings):
    """Returns a diagnosis with findings, each (kind, severity, layer), as gradwatch diagnose writes it."""
    return Diagnosis.read({"verdict": "error" if findings else "ok", "findings": [
        {"kind": kind, "severity": severity, "layer": layer, "message": "..."} for kind, severity, layer in findings]})


def judged(broken, twin=said(), accuracies=(0.5, 0.9)):
    """Returns BROKEN and TWIN judged, with these diagnoses and test accuracies."""
    outcomes = {case.name: Outcome("done", accuracy, CEILING) for case, accuracy in zip((BROKEN, TWIN), accuracies)}
    return tally.judge([BROKEN, TWIN], outcomes, {BROKEN.name: broken, TWIN.name: twin})


class Confirming(unittest.TestCase):
    def test_labels(self):
        for name, want, *given in (
                ("learned", True, "healthy", "done", 0.85, 0),
                ("learned too little", False, "healthy", "done", 0.84, 0),
                ("learned, then diverged", False, "healthy", "diverged", 0.9, 0),
                ("below its twin", True, "negative-bias", "done", 0.84, 1),
                ("as good as its twin", False, "negative-bias", "done", 0.86, 1),
                ("diverged", True, "large-rate", "diverged", 0.99, 1),
                ("its twin doesn't learn", False, "large-rate", "diverged", 0, 0.8)):
            with self.subTest(name):
                self.assertEqual(tally.confirms(*given), want)

    def test_accuracy_is_seen_between_guessing_and_neighbours(self):
        self.assertAlmostEqual(tally.learned(0.8, CEILING), 0.75)
        self.assertLess(tally.learned(0.4, CEILING), 0)


class Counting(unittest.TestCase):
    def test_detected(self):
        for name, findings, detected, errors, right, known in (
                ("nothing said", (), 0, 0, 0, 0),
                ("another kind", (("vanishing", "error", "dense_1"),), 0, 0, 0, 0),
                ("right layer", (("dead-units", "error", "dense_2"),), 1, 1, 1, 1),
                ("wrong layer", (("dead-units", "error", "dense_1"),), 1, 1, 0, 1),
                ("no layer", (("dead-units", "warning", None),), 1, 0, 0, 1),
                ("a note", (("dead-units", "note", "dense_2"),), 0, 0, 0, 0),
                ("the error comes first",
                 (("dead-units", "warning", "dense_1"), ("dead-units", "error", "dense_2")), 1, 1, 1, 1)):
            with self.subTest(name):
                counts = tally.by_symptom(judged(said(*findings)))
                self.assertEqual([count.name for count in counts], ["negative-bias", "all"])
                for count in counts:
                    self.assertEqual((count.runs, count.confirmed, count.detected, count.missed),
                                     (1, 1, detected, 1 - detected))
                    self.assertEqual((count.errors, count.right, count.known), (errors, right, known))

    def test_cause_first(self):
        def finding(kind, cause=None, severity="error"):
            return {"kind": kind, "severity": severity, "layer": "dense_2", "cause": cause, "message": "..."}
        dead, vanishing = finding("dead-units"), finding("vanishing")
        for name, findings, want in (
                ("nothing", [], 0), ("the cause", [dead, vanishing], 1), ("another kind first", [vanishing, dead], 0),
                ("what follows is passed over", [finding("vanishing", 1), dead], 1),
                ("from the first finding too", [dead, finding("vanishing", 0)], 1),
                ("the cause itself said to follow", [vanishing, finding("dead-units", 0)], 0),
                ("a note is passed over", [finding("vanishing", severity="note"), dead], 1)):
            with self.subTest(name):
                said_so = Diagnosis.read({"schema": 1, "verdict": "error", "findings": findings})
                self.assertEqual(tally.by_symptom(judged(said_so))[-1].causes, want)

    def test_an_unstable_run_is_confirmed_by_its_swing(self):
        self.assertTrue(tally.confirms("unstable", "done", 1, 1, tally.SWING))
        self.assertFalse(tally.confirms("unstable", "done", 1, 1, 0.09))
        self.assertFalse(tally.confirms("large-rate", "done", 1, 1, 0.5))

    def test_unconfirmed_cases_are_in_no_rate(self):
        cases = judged(said(), said(("vanishing", "error", "dense_1")), accuracies=(0.6, 0.6))
        total = tally.by_symptom(cases)[-1]
        self.assertEqual((total.runs, total.confirmed, total.missed, total.false_alarms), (1, 0, 0, 0))
        self.assertEqual(tally.of_healthy(cases), tally.HealthyCount(1, 0, 0, 0, 0))
        self.assertEqual(len(tally.unconfirmed(cases)), 2)

    def test_undiagnosed_cases_are_in_no_rate(self):
        total = tally.by_symptom(judged(Diagnosis(failure="no records")))[-1]
        self.assertEqual((total.confirmed, total.diagnosed, total.missed), (1, 0, 0))

    def test_healthy_runs_count_once_by_their_severest_finding(self):
        both = said(("vanishing", "warning", "dense_1"), ("dead-units", "error", "dense_1"))
        cases = judged(said(), both)
        self.assertEqual(tally.of_healthy(cases), tally.HealthyCount(1, 1, 1, errors=1, warnings=0))
        self.assertEqual(tally.by_symptom(cases)[0].false_alarms, 1)
        self.assertEqual(tally.by_kind(cases), [tally.KindCount("dead-units", 0, 1, 0),
                                                tally.KindCount("vanishing", 0, 0, 1)])
        notes = judged(said(), said(("vanishing", "note", "dense_1")))
        self.assertEqual(tally.of_healthy(notes), tally.HealthyCount(1, 1, 1, errors=0, warnings=0))
        self.assertEqual((tally.by_kind(notes), tally.false_alarms(notes, "warning")), ([], []))
        other = tally.by_symptom(judged(said(), said(("vanishing", "error", "dense_1"))))
        self.assertEqual([count.false_alarms for count in other], [0, 1])


class Drawing(unittest.TestCase):
    def test_halves(self):
        design, again, report = (halves.make(half, 1) for half in ("design", "design", "report"))
        self.assertEqual(design, again)
        self.assertEqual(len({case.name for case in design + report}), len(design + report))
        shared = {(case.points, case.model) for case in design} & {(case.points, case.model) for case in report}
        self.assertFalse(shared)

    def test_a_broken_case_differs_from_its_twin(self):
        cases = {case.name: case for case in halves.make("design", 1)}
        for case in cases.values():
            if case.twin:
                twin = cases[case.twin]
                self.assertNotEqual((case.points, case.model), (twin.points, twin.model), case.name)
                self.assertEqual(case.model.seed, twin.model.seed, case.name)
                if case.symptom not in ("too-short", "slow-rate", "ignored-minority", "memorised"):
                    self.assertEqual(case.model.epochs, twin.model.epochs, case.name)

    def test_selected_cases_bring_their_twins(self):
        chosen = halves.select(halves.make("design", 1), ["negative-bias"])
        self.assertEqual(len(chosen), 2 * halves.EACH)
        with self.assertRaisesRegex(ValueError, '"bias": want one of healthy, deep-sigmoid'):
            halves.select(chosen, ["bias"])


class Making(unittest.TestCase):
    def test_a_table_is_the_same_each_time(self):
        for rule in tables.RULES:
            table = tables.Table(rule, 200, 8, 0, 3)
            rows, best = table.make()
            self.assertEqual((rows, best), table.make())
            self.assertEqual([row[-1] for row in rows], best if rule != "smooth" else [round(b, 6) for b in best])
            self.assertAlmostEqual(material.table_ceiling(table).reach, 1, places=4)

    def test_sorted_rows(self):
        rows = [(float(9 - number), 0.0, number % 2) for number in range(10)]
        first = {sort: [row[:1] + row[2:] for row in material.change(replace(POINTS, sort=sort), rows)]
                 for sort in ("x1", "halves", "labels")}
        self.assertEqual([x for x, _ in first["x1"]], sorted(x for x, *_ in rows))
        self.assertEqual([x for x, _ in first["halves"]], [5, 6, 7, 8, 9, 0, 1, 2, 3, 4])
        self.assertEqual([label for _, label in first["labels"]], [0, 0, 0, 1, 1, 1, 0, 1, 0, 1])

    ROWS = [(number / 100, 1.0, number % 2) for number in range(100)]

    def test_a_rare_class(self):
        rows = material.change(replace(POINTS, minority=0.2), self.ROWS)
        self.assertEqual((len(rows), sum(label for *_, label in rows)), (62, 12))

    def test_shuffled_labels(self):
        rows = material.change(replace(POINTS, labels=3), self.ROWS)
        self.assertEqual([row[:2] for row in rows], [row[:2] for row in self.ROWS])
        self.assertEqual(sum(label for *_, label in rows), 50)
        self.assertNotEqual(rows, self.ROWS)

    def test_ceiling(self):
        rows = [(x, 0.0, int(x > 5)) for x in (0, 9) * 40]
        self.assertEqual(material.ceiling(rows), Ceiling(0.5, 1))

    def test_weights(self):
        tensors = material.weights(replace(MODEL, layers=(4, 3), bias=Bias((2,), -9, 2)))
        self.assertEqual([len(tensor) for tensor in tensors], [2, 4, 4, 3, 3, 1])
        self.assertEqual(tensors[1::2], [[0.0] * 4, [-9, -9, 0.0], [0.0]])


if __name__ == "__main__":
    unittest.main()
