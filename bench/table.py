"""The one table that all measurements are printed as."""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure as text, with its aim and whether it was reached, where there is one."""

    where: str
    what: str
    value: str
    aim: str = ""
    is_reached: bool | None = None

    @classmethod
    def at_most(cls, where: str, what: str, ratio: float, most: float) -> "Figure":
        """Return a ratio that should not be more."""
        return cls(where, what, f"{ratio:.1f}", f"at most {most:g}", ratio <= most)

    @classmethod
    def at_least(cls, where: str, what: str, ratio: float, least: float) -> "Figure":
        """Return a ratio that should not be less."""
        return cls(where, what, f"{ratio:.1f}", f"at least {least:g}", ratio >= least)


def describe_machine() -> str:
    """Return processors, system, Python and how busy the machine is."""
    load, _, _ = os.getloadavg()
    return (
        f"{os.cpu_count()} processors, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, load {load:.1f}"
    )


def print_table(title: str, figures: Iterable[Figure]) -> None:
    """Print a title with the machine, and a line for each figure as soon as it is known."""
    print(f"{title}; {describe_machine()}", flush=True)
    for figure in figures:
        reached = {None: "", True: "reached", False: "NOT REACHED"}[figure.is_reached]
        print(f"  {figure.where:20} {figure.what:46} {figure.value:>12}  {figure.aim:12} {reached}",
              flush=True)  # fmt: skip
