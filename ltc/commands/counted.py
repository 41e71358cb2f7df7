"""Numbers as the shell says them: 1 row, 2,000 rows."""


def say_count(number: int, one: str, more: str | None = None) -> str:
    """Return a number with what it counts; ``more`` names several where an s alone does not."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"
