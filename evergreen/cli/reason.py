"""The reason that somebody gives: one line, which is kept for ever and told to everybody."""

from evergreen.errors import UserMustAct

_LONGEST = 1000  # characters


def reason_of(given: str) -> str:
    """The reason in one line, so that it cannot look like something that we say. Raises UserMustAct."""
    line = " ".join("".join(each if each.isprintable() else " " for each in given).split())
    if not line:
        raise UserMustAct('say why: --reason "…"')
    if len(line) > _LONGEST:
        raise UserMustAct(f"the reason has {len(line):,} characters; say it in {_LONGEST:,}, and link to the rest")
    return line
