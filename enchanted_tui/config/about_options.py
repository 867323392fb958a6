"""What a dataset is, who made it and what others may do with it: the option `about` of the
supervisor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from enchanted_tui.config.options import Nested, option
from enchanted_tui.suggestions import did_you_mean

_SPDX = "https://spdx.org/licenses/"
#: Licences that data and codes are often under, by their identifiers of SPDX, with their names.
LICENCES = {
    "CC-BY-4.0": "Creative Commons Attribution 4.0 International",
    "CC-BY-SA-4.0": "Creative Commons Attribution Share Alike 4.0 International",
    "CC-BY-NC-4.0": "Creative Commons Attribution Non Commercial 4.0 International",
    "CC-BY-NC-SA-4.0": "Creative Commons Attribution Non Commercial Share Alike 4.0 International",
    "CC-BY-ND-4.0": "Creative Commons Attribution No Derivatives 4.0 International",
    "CC0-1.0": "Creative Commons Zero v1.0 Universal",
    "ODbL-1.0": "Open Data Commons Open Database License v1.0",
    "ODC-By-1.0": "Open Data Commons Attribution License v1.0",
    "PDDL-1.0": "Open Data Commons Public Domain Dedication & License 1.0",
    "CDLA-Permissive-2.0": "Community Data License Agreement Permissive 2.0",
    "MIT": "MIT License",
    "Apache-2.0": "Apache License 2.0",
    "BSD-3-Clause": 'BSD 3-Clause "New" or "Revised" License',
    "GPL-3.0-or-later": "GNU General Public License v3.0 or later",
    "EUPL-1.2": "European Union Public License 1.2",
}
# text, compiled when it is first used: few configurations say who made the dataset
_AUTHOR = r"(?s)\s*([^<>()]*[^<>()\s])\s*(?:<([^<>]*)>)?\s*(?:\((.*)\))?\s*"
_ORCID = r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])"
_ADDRESS = r"https?://[^\s\"'<>]+"


class Author(NamedTuple):
    """Somebody who has made a dataset."""

    name: str
    orcid: str = ""  #: the address, https://orcid.org/...
    affiliation: str = ""
    place: str = ""  #: the address of the affiliation, such as https://ror.org/...


class Licence(NamedTuple):
    """What others may do."""

    url: str
    name: str


class About(Nested):
    """What others are told of the dataset by ``--export RUN_DIR --crate``."""

    title: str = option("", doc="Its name.", example="Equilibria of a small tokamak")
    description: str = option(
        "",
        doc="What it holds, how it came about and what it is good for.",
        example="Free-boundary equilibria over coil currents, for a surrogate of the boundary.",
    )
    authors: list[str] = option(
        [],
        doc=(
            "Each as `Name <ORCID> (affiliation)`, of which the name is enough; an address such as"
            " https://ror.org/... may stand behind the affiliation."
        ),
        example=["Josiah Carberry <0000-0002-1825-0097> (Example University)"],
    )
    licence: str = option(
        "",
        doc="Identifier of SPDX, such as CC-BY-4.0, or an address that begins with https://.",
        example="CC-BY-4.0",
    )
    keywords: list[str] = option([], doc="By which it is found.", example=["tokamak", "plasma"])
    columns: dict[str, str] = option(
        {}, doc="What columns mean, by name.", example={"beta_p": "Poloidal beta"}
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        for index, text in enumerate(self.authors):
            if problem := author_problem(text):
                yield f"authors[{index}]", problem
        if self.licence and (problem := licence_problem(self.licence)):
            yield "licence", problem


def author_problem(text: str) -> str:
    """Say what is wrong with an author; nothing if all is well."""
    found = re.fullmatch(_AUTHOR, text)
    if found is None:
        return (
            f"{text!r} is not written as `Name <ORCID> (affiliation)`, of which the name is enough"
        )
    orcid = re.fullmatch(_ORCID, found[2].strip()) if found[2] is not None else None
    if found[2] is not None and orcid is None:
        return f"{found[2]!r} is no ORCID, which looks like 0000-0002-1825-0097"
    if orcid is not None and not _is_checked(orcid[1]):
        return f"{orcid[1]} is no ORCID: its last sign does not fit the others; look for a slip"
    return ""


def author_of(text: str) -> Author:
    """Return an author as written, who has no `author_problem`."""
    found = re.fullmatch(_AUTHOR, text)
    assert found is not None
    orcid = re.fullmatch(_ORCID, (found[2] or "").strip())
    address = f"https://orcid.org/{orcid[1]}" if orcid is not None else ""
    affiliation, place = " ".join((found[3] or "").split()), ""
    if at := re.search(rf"[,;]?\s*({_ADDRESS})$", affiliation):
        affiliation, place = affiliation[: at.start()], at[1]
    return Author(" ".join(found[1].split()), address, affiliation or place, place)


def licence_problem(text: str) -> str:
    """Say what is wrong with a licence; nothing if all is well."""
    if text.lower() in map(str.lower, LICENCES) or re.fullmatch(_ADDRESS, text):
        return ""
    hint = did_you_mean(text, LICENCES)
    return (
        f"there is no licence {text!r} among those that are known here{hint or ';'} they are"
        f" {', '.join(LICENCES)}; give the address of any other one (https://...)"
    )


def licence_of(text: str) -> Licence:
    """Return a licence as written, which has no `licence_problem`."""
    for identifier, name in LICENCES.items():
        if identifier.lower() == text.lower():
            return Licence(_SPDX + identifier, name)
    known = text.removeprefix(_SPDX).removesuffix(".html")
    return Licence(text, LICENCES.get(known, text))


def _is_checked(orcid: str) -> bool:
    """Tell whether the last sign is the check digit of the others (ISO 7064, MOD 11-2)."""
    signs = orcid.replace("-", "")
    total = 0
    for digit in signs[:-1]:
        total = (total + int(digit)) * 2
    return "0123456789X"[(12 - total % 11) % 11] == signs[-1]
