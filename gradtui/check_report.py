"""What `gradtui check` says: lines for people, JSON and JUnit's XML for programs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from gradtui.check import Checked, Finding
from gradtui.report import table

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

#: Characters that XML 1.0 cannot hold.
_UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def when(finding: Finding) -> str:
    """`at step 20, of he`: when, and of which variant, something is expected."""
    expect = finding.expect
    moment = "at the end" if expect.at == "end" else f"at step {expect.at:,}"
    return f"{moment}, of {expect.of}" if expect.of else moment


def findings(checked: Checked, failed_only: bool) -> Iterator[str]:
    """A line for each claim, and what was measured."""
    if failed_only and checked.passed:
        return
    yield f"{checked.name}, seed {checked.seed}"
    if checked.problem:
        yield f"  FAILED  {checked.problem}"
    for finding in checked.findings:
        if failed_only and finding.passed:
            continue
        yield f"  {'held  ' if finding.passed else 'FAILED'}  {when(finding)}: {' '.join(finding.expect.claim.split())}"
        yield f"          measured: {finding.measured}"
        if finding.expect.why and not finding.passed:
            yield f"          claimed because: {finding.expect.why}"


def counted(results: Iterable[Checked]) -> tuple[int, int]:
    """How many expectations held, and how many did not; a scenario that could not be run counts as one."""
    held = failed = 0
    for checked in results:
        failed += bool(checked.problem)
        for finding in checked.findings:
            held += finding.passed
            failed += not finding.passed
    return held, failed


def summary(results: Sequence[Checked]) -> Iterator[str]:
    """A line for each scenario: claims that held, of how many, over all seeds, and the seconds of one core that its
    runs took."""
    rows = []
    for name, own in _by_name(results):
        held, failed = counted(own)
        mark = "FAILED" if failed else ""
        rows.append([name, f"{held} of {held + failed}", str(len(own)), f"{_seconds(own):.1f}", mark])
    width = max(len(row[0]) for row in rows)
    heading = ["scenario", "claims held", "seeds", "seconds", ""]
    lines = table(heading, [[row[0].ljust(width), *row[1:]] for row in rows])
    yield heading[0].ljust(width) + lines[0][width:].rstrip()
    yield from (line.rstrip() for line in lines[1:])


def _by_name(results: Iterable[Checked]) -> list[tuple[str, list[Checked]]]:
    found: dict[str, list[Checked]] = {}
    for checked in results:
        found.setdefault(checked.name, []).append(checked)
    return list(found.items())


def _seconds(results: Iterable[Checked]) -> float:
    return sum(checked.seconds for checked in results)


def verdict(results: Sequence[Checked]) -> str:
    """The last line."""
    held, failed = counted(results)
    return f"{held} expectation{'' if held == 1 else 's'} held, {failed} failed"


def as_json(results: Sequence[Checked], silent: Sequence[str], complete: bool) -> str:
    """One object: whether all held, and every claim of every run with what was measured."""
    import json

    document = {
        "passed": complete and all(checked.passed for checked in results),
        "complete": complete,
        "expect_nothing": list(silent),
        "scenarios": [
            {
                "scenario": checked.name,
                "seed": checked.seed,
                "passed": checked.passed,
                "seconds": round(checked.seconds, 3),
                "problem": checked.problem,
                "claims": [
                    {
                        "claim": finding.expect.claim,
                        "at": finding.expect.at,
                        "of": finding.expect.of or "baseline",
                        "why": finding.expect.why,
                        "passed": finding.passed,
                        "measured": finding.measured,
                    }
                    for finding in checked.findings
                ],
            }
            for checked in results
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def as_junit(results: Sequence[Checked]) -> str:
    """JUnit's XML: a suite for each scenario, a case for each claim under each seed."""
    from xml.etree import ElementTree

    root = ElementTree.Element("testsuites", name="gradtui check")
    for name, own in _by_name(results):
        held, failed = counted(own)
        suite = ElementTree.SubElement(root, "testsuite", name=_clean(name), time=f"{_seconds(own):.3f}")
        suite.set("tests", str(held + failed))
        suite.set("failures", str(sum(not finding.passed for checked in own for finding in checked.findings)))
        suite.set("errors", str(sum(bool(checked.problem) for checked in own)))
        for checked in own:
            each = checked.seconds / max(len(checked.findings), 1)
            if checked.problem:
                case = _case(suite, name, f"seed {checked.seed}", checked.seconds)
                ElementTree.SubElement(case, "error", message=_clean(checked.problem))
            for finding in checked.findings:
                said = f"seed {checked.seed}, {when(finding)}: {finding.expect.claim}"
                case = _case(suite, name, said, each)
                if not finding.passed:
                    failure = ElementTree.SubElement(case, "failure", message=_clean(f"measured: {finding.measured}"))
                    failure.text = _clean(f"claimed: {finding.expect.claim}\nbecause: {finding.expect.why}")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: Element, classname: str, name: str, seconds: float) -> Element:
    from xml.etree import ElementTree

    return ElementTree.SubElement(
        suite, "testcase", classname=_clean(classname), name=_clean(name), time=f"{seconds:.3f}"
    )


def _clean(text: str) -> str:
    return _UNSPEAKABLE.sub("\N{REPLACEMENT CHARACTER}", text)
