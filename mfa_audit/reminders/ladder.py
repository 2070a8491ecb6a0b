"""The ladders as data: their stages, what a stage does to the days around it, and what must have been heard before.

Source of the rules: the policy's ``[reminders]``; what it does not name (starters, the test of emergency accounts) is
here, in the same form.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mfa_audit.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mfa_audit.policy import Policy
    from mfa_audit.policy.schema_reminders import Stage

INTRODUCTIONS = ("announce", "how_to", "starter", "stronger")
"""Templates that accuse nobody: with one of these a campaign begins, whatever the date."""
NOTICE_DAYS = 7
"""Days between the first message and the first that says it is overdue."""

DUE, STARTER, PRIVILEGED, WEAK, EXEMPTION, BREAK_GLASS = (
    "due", "starter", "privileged", "weak", "exemption", "break_glass",
)


@dataclass(frozen=True)
class Rung:
    """One stage: on ``day`` days after the anchor ``template`` goes to ``audience``. ``forward``: a day that is no send
    day moves on to the next, else back to the one before. ``paced``: it waits for the cool-down."""

    stage: str
    day: int
    audience: tuple[str, ...]
    template: str
    repeat_every_days: int | None = None
    forward: bool = False
    paced: bool = True


@dataclass(frozen=True)
class Ladder:
    """One ladder, its rungs in the order of their days.

    ``overdue``: position of the first rung after the anchor, which says it is overdue; null when there is none.
    ``introductions``: positions with which it may begin. ``gated``: the rules about first messages and accusations
    apply, with ``notice_days`` between the first message and ``overdue``. ``by_anchor``: begins anew when its anchor
    moves on (an exemption is renewed, a test is done).
    """

    name: str
    rungs: tuple[Rung, ...]
    gated: bool = True
    notice_days: int = NOTICE_DAYS
    by_anchor: bool = False
    overdue: int | None = field(init=False)
    introductions: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        late = [position for position, rung in enumerate(self.rungs) if rung.day > 0]
        first = late[0] if late else len(self.rungs)
        gentle = tuple(p for p, rung in enumerate(self.rungs[:first]) if rung.template in INTRODUCTIONS)
        object.__setattr__(self, "overdue", late[0] if late else None)
        object.__setattr__(self, "introductions", gentle or ((0,) if first else ()))


def ladders_of(policy: Policy) -> Mapping[str, Ladder]:
    """Name -> ladder of a policy.

    The last stage before an anchor ignores the cool-down in every ladder, and the first after it where the due date is
    the anchor; the privileged ladder has none. Raises :class:`PolicyError` when a stage of the policy has the name of
    one that is built in.
    """
    reminders = policy.reminders
    late = tuple(stage for stage in reminders.stages if stage.day > 0)
    own = (*reminders.stages, *reminders.weak_stages, *reminders.privileged_stages, *reminders.exemption_stages)
    taken = {stage.id for stage in own} & BUILT_IN
    if taken:
        raise PolicyError(f"the stage {sorted(taken)[0]} has a name that is built in", where="reminders",
                          next_step=f"give it another; not {', '.join(sorted(BUILT_IN))}.")
    privileged = tuple(_rung(stage, paced=False) for stage in reminders.privileged_stages)
    steps = [stage.day for stage in reminders.privileged_stages]
    made = (
        Ladder(DUE, _paced(map(_rung, reminders.stages), overdue=True)),
        Ladder(STARTER, _starter(policy.grace.starter_days, late)),
        Ladder(PRIVILEGED, privileged, notice_days=_gap(steps)),
        Ladder(WEAK, _paced(map(_rung, reminders.weak_stages), overdue=True)),
        Ladder(EXEMPTION, _paced(map(_rung, reminders.exemption_stages)), gated=False, by_anchor=True),
        Ladder(BREAK_GLASS, (Rung("break-glass-1", -14, ("operator",), "break_glass_test"),
                             Rung("break-glass-2", 0, ("operator",), "break_glass_test")),
               gated=False, by_anchor=True),
    )
    return {ladder.name: ladder for ladder in made}


def _starter(days: int, late: tuple[Stage, ...]) -> tuple[Rung, ...]:
    """A starter's welcome, the last days of grace, the day after; then as everybody who is overdue."""
    first = late[0].day if late else 1
    own = [
        Rung("starter-1", -days, ("staff",), "starter", forward=True),
        Rung("starter-2", -3, ("staff",), "last_call"),
        Rung("starter-3", 1, ("staff", "manager"), "overdue", forward=True),
    ]
    own = own if days > 3 else [own[0], own[2]]
    return _paced((*own, *(_rung(stage) for stage in late if stage.day > max(first, 1))), overdue=True)


BUILT_IN = frozenset({"starter-1", "starter-2", "starter-3", "break-glass-1", "break-glass-2"})
"""Stages that no policy names."""


def _rung(stage: Stage, *, paced: bool = True) -> Rung:
    return Rung(stage.id, stage.day, stage.audience, stage.template, stage.repeat_every_days, forward=stage.day >= 0,
                paced=paced)


def _paced(rungs: Iterable[Rung], *, overdue: bool = False) -> tuple[Rung, ...]:
    """The rungs, the last before the anchor free of the cool-down, and with ``overdue`` the first after it too."""
    listed = list(rungs)
    before = [position for position, rung in enumerate(listed) if rung.day < 0]
    late = [position for position, rung in enumerate(listed) if rung.day > 0]
    free = {*before[-1:], *(late[:1] if overdue else ())}
    return tuple(
        Rung(**{**vars(rung), "paced": rung.paced and position not in free}) for position, rung in enumerate(listed)
    )


def _gap(steps: list[int]) -> int:
    """Days between the last privileged stage up to the anchor and the first after it: what that ladder itself asks."""
    upto, after = [day for day in steps if day <= 0], [day for day in steps if day > 0]
    return after[0] - upto[-1] if upto and after else NOTICE_DAYS
