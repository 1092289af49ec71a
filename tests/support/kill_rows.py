"""Rows of trials: runs that die at any moment, until enough of them have."""

from __future__ import annotations

import random
import time
from dataclasses import astuple, dataclass

from kill_bench import End, RunContext, Trial
from kill_world import Death


def undisturbed(here: RunContext) -> End:
    """One run that nobody kills, for its length and its end."""
    here.trial().run()  # the first one of a process loads what is loaded late
    trial = here.trial()
    started = time.monotonic()
    report = trial.run()
    seconds = time.monotonic() - started
    assert len(trial.submits()) >= 1
    doubted = any(one.state == "uncertain" for one in trial.entries())
    statuses = trial.paid_statuses(report)
    left = sum(one.is_open for one in trial.entries())
    return End(seconds, trial.world.count, report["exit_code"], statuses, doubted, left)


def any_death(chance: random.Random, end: End) -> Death:
    """A moment somewhere in a run: in time, in the state folder, or at a request."""
    kind = chance.random()
    if kind < 0.5:
        return Death(after=chance.uniform(0, end.seconds))
    if kind < 0.7:
        return Death(step=chance.randint(1, 120))
    number = 0 if kind < 0.85 else chance.randint(1, end.requests)
    return Death(request=number, seen=chance.random() < 0.7)


@dataclass
class Figures:
    """What a row of trials came to."""

    trials: int = 0
    kills: int = 0
    runs: int = 0
    submits: int = 0
    intents: int = 0

    def count(self, trial: Trial) -> None:
        self.trials += 1
        self.kills += trial.kills
        self.runs += trial.runs
        self.submits += len(trial.submits())
        self.intents += len(trial.entries())

    def __add__(self, other: Figures) -> Figures:
        mine, theirs = astuple(self), astuple(other)
        return Figures(*(one + more for one, more in zip(mine, theirs, strict=True)))


def kill_until(here: RunContext, kills: int, seed: int) -> Figures:
    """Trials with one to three deaths each, until so many runs were really killed."""
    chance, figures = random.Random(f"{seed} {here.gateway} {here.scenario.name}"), Figures()
    end = undisturbed(here)
    while figures.kills < kills:
        trial = here.trial()
        deaths = [any_death(chance, end) for _ in range(chance.choice([1, 1, 2, 3]))]
        try:
            for death in deaths:
                trial.die(death)
                trial.disturb(chance)
            trial.settle(end)
        except AssertionError as error:
            error.add_note(f"{trial.folder} after {deaths}")
            raise
        figures.count(trial)
    return figures
