"""A scenario and its variants: each variant is the scenario with a few changes, under a name of its own."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from gradtui.scenario import assignments, claims
from gradtui.scenario.errors import ScenarioError, did_you_mean
from gradtui.scenario.model import Expect, Scenario, Variant

#: What a claim calls the scenario itself.
BASELINE = claims.BASELINE

#: Keys that a variant cannot change by `set`.
_COMMON = ("name", "title", "group", "promise", "story", "source", "seed", "steps")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def find(family: Scenario, name: str) -> Scenario:
    """The member of this name; ScenarioError where there is none."""
    if name == BASELINE:
        return family
    for variant in family.variant:
        if variant.name == name:
            return member(family, variant)
    names = [variant.name for variant in family.variant]
    has = f"has {', '.join((BASELINE, *names))}" if names else "has no variants"
    raise ScenarioError(f"{family.name} {has}, not {name}{did_you_mean(name, names)}")


def member(family: Scenario, variant: Variant) -> Scenario:
    """A variant as a scenario; ScenarioError where its changes cannot be made. Claims that speak of it alone are its
    own."""
    changed = _changed(replace(family, variant=(), expect=(), lesson=()), variant)
    return replace(
        changed,
        name=f"{family.name}/{variant.name}" if family.name else variant.name,
        title=variant.title or f"{family.title or family.name}: {variant.name.replace('-', ' ')}",
        promise=variant.why or family.promise,
        story=_story(family, variant),
        steps=variant.steps or family.steps,
        expect=tuple(replace(expect, of="") for expect in family.expect if _alone(expect, variant.name)),
    )


def about(family: Scenario, name: str) -> Scenario:
    """The family with those claims alone that the member has a part in; ScenarioError where there is no such member."""
    find(family, name)
    own = tuple(each for each in family.expect if name in {each.of or BASELINE, *_members(each)})
    return replace(family, expect=own)


def _changed(base: Scenario, variant: Variant) -> Scenario:
    return assignments.replace(base, variant.set) if variant.set else base


def _alone(expect: Expect, name: str) -> bool:
    """Whether a claim is about this one member of a family."""
    return (expect.of or BASELINE) == name and not claims.parse(expect.claim).members


def _story(family: Scenario, variant: Variant) -> str:
    changes = ", ".join(f"`{change}`" for change in variant.set) or "nothing"
    what = f"Here against `{family.name}` is changed: {changes}."
    return "\n\n".join(part for part in (variant.why.strip(), what, family.story.strip()) if part)


def kept(base: Scenario, variants: Iterable[Variant], expect: Sequence[Expect]) -> Scenario:
    """`base` with those variants that can be made of it, and the claims that rest on nothing else."""
    able = tuple(variant for variant in variants if not _why_not(base, variant))
    names = {BASELINE, "", *(variant.name for variant in able)}
    left = tuple(each for each in expect if {each.of, *_members(each)} <= names)
    return replace(base, variant=able, expect=left)


def _members(expect: Expect) -> set[str]:
    """The variants that a claim names, as their tables do."""
    return {name.replace("_", "-") for name in claims.parse(expect.claim).members}


def problems(scenario: Scenario) -> Iterator[str]:
    """What is wrong with the variants of a scenario that is right otherwise, and with claims about them."""
    names = [variant.name for variant in scenario.variant]
    base = replace(scenario, variant=(), expect=(), lesson=())
    misnamed = False
    for number, variant in enumerate(scenario.variant, 1):
        where = f"variant[{number}]"
        for problem in _named(variant.name, names[: number - 1]):
            misnamed = True
            yield f"{where}{problem}"
        yield from (f"{where} {problem}" for problem in _why_not(base, variant))
    if misnamed:
        return
    known = [BASELINE, *names]
    for number, expect in enumerate(scenario.expect, 1):
        if expect.of and expect.of not in known:
            yield f'expect[{number}].of is "{expect.of}", {_no_variant(expect.of, names)}'
        for name in sorted(_members(expect) - set(known)):
            yield f"expect[{number}].claim speaks of {name.replace('-', '_')}, {_no_variant(name, names)}"


def _no_variant(name: str, names: Sequence[str]) -> str:
    if not names:
        return "but this scenario has no variants"
    return f"which is no variant; there is {', '.join((BASELINE, *names))}{did_you_mean(name, (BASELINE, *names))}"


def _named(name: str, earlier: Sequence[str]) -> Iterator[str]:
    if name == BASELINE:
        yield f'.name is "{BASELINE}", which is what claims call the scenario itself'
    elif not _NAME.fullmatch(name) or keyword.iskeyword(name):
        yield f'.name is "{name}", but must be small letters, digits and single hyphens, and begin with a letter'
    elif name.replace("-", "_") in claims.WORDS:
        yield f'.name is "{name}", which means something else in a claim; take another'
    elif name in earlier:
        yield f'.name is "{name}", as that of variant[{earlier.index(name) + 1}]; each needs a name of its own'


def _why_not(base: Scenario, variant: Variant) -> tuple[str, ...]:
    """Why a variant cannot be made, a sentence for each mistake."""
    own = f'("{variant.name}")'
    outside = [change for change in variant.set if _is_outside(change)]
    if outside:
        return tuple(
            f"{own}.set changes {change.partition('=')[0].strip()}, but variants differ in the keys of [task], "
            "[network], [optimizer] and [generator] alone; its steps are a key of [[variant]]"
            for change in outside
        )
    try:
        _changed(base, variant)
    except ScenarioError as error:
        return tuple(f"{own}.set: {problem}" for problem in error.problems)
    return ()


def _is_outside(change: str) -> bool:
    """Whether it changes what all members of a family have in common."""
    return change.partition("=")[0].strip() in _COMMON
