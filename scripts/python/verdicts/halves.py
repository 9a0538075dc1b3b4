"""The set of cases: two halves of the same construction, drawn apart."""

import broken
import draw
import healthy
from symptoms import HEALTHY, NAMES

# design is for choosing thresholds; report shows what they are worth, and nothing is chosen by it.
HALVES = ("design", "report")
EACH = 4  # runs a symptom in each half
ALONE = 1  # runs of each healthy recipe in each half


def make(half, seed):
    """Returns the cases of one half, each broken one before its twin."""
    cases = []
    for symptom in broken.RECIPES:
        for number in range(1, EACH + 1):
            cases += broken.make(f"{half}-{symptom}-{number}", symptom, draw.source(seed, half, symptom, number))
    for recipe in healthy.RECIPES:
        name = recipe.__name__.replace("_", "-")
        for number in range(1, ALONE + 1):
            rng = draw.source(seed, half, name, number)
            cases.append(healthy.make(f"{half}-{HEALTHY}-{name}-{number}", recipe, rng))
    return cases


def select(cases, wanted):
    """Returns the cases of these symptoms, or of these names, with the broken ones' twins; all if wanted is empty.

    It raises ValueError for a name that is neither.
    """
    if not wanted:
        return cases
    for name in wanted:
        if not any(name in (case.symptom, case.name) for case in cases):
            raise ValueError(f'--only "{name}": want one of {", ".join(NAMES)}, or a case that --list shows')
    chosen = [case for case in cases if case.symptom in wanted or case.name in wanted]
    kept = {case.name for case in chosen} | {case.twin for case in chosen}
    return [case for case in cases if case.name in kept]
