"""What a crate says of the dataset as a whole: what is given with the request, else what the
configuration says under ``supervisor.about``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from enchanted_tui.config.about_options import (
    Author,
    Licence,
    author_of,
    author_problem,
    licence_of,
    licence_problem,
)
from enchanted_tui.export.selection import ExportError


@dataclass(frozen=True)
class Told:
    """As it is written; what is empty is not given."""

    title: str = ""
    description: str = ""
    authors: tuple[str, ...] = ()
    licence: str = ""
    keywords: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)  #: what columns mean

    @classmethod
    def recorded(cls, about: Mapping[str, Any]) -> Told:
        """Return what the configuration of a campaign says."""
        return cls(
            title=str(about.get("title", "")),
            description=str(about.get("description", "")),
            authors=tuple(map(str, about.get("authors", ()))),
            licence=str(about.get("licence", "")),
            keywords=tuple(map(str, about.get("keywords", ()))),
            columns=dict(about.get("columns", {})),
        )

    def over(self, other: Told) -> Told:
        """Return what is told here, and of the `other` what is not."""
        return replace(other, **{name: value for name, value in vars(self).items() if value})

    def checked(self, name: str) -> Described:
        """Return it read, with `name` for a title that is not given. Raises ExportError naming all
        that is missing or wrong.
        """
        missing = [
            sentence
            for value, sentence in (
                (self.description, "--description TEXT (what the dataset holds)"),
                (self.authors, "--author 'NAME <ORCID> (affiliation)'"),
                (self.licence, "--licence CC-BY-4.0 or another (what others may do with it)"),
            )
            if not value
        ]
        wrong = [problem for author in self.authors if (problem := author_problem(author))]
        if self.licence and (problem := licence_problem(self.licence)):
            wrong.append(problem)
        if missing:
            wrong.insert(
                0,
                f"a crate needs {', '.join(missing)}; or write it under supervisor.about, which a"
                " session records when it begins",
            )
        if wrong:
            raise ExportError("--crate: " + "; ".join(wrong))
        return Described(
            self.title or name,
            self.description,
            tuple(map(author_of, self.authors)),
            licence_of(self.licence),
            self.keywords,
            self.columns,
        )


@dataclass(frozen=True)
class Described:
    """The same, read."""

    title: str
    description: str
    authors: tuple[Author, ...]
    licence: Licence
    keywords: tuple[str, ...]
    columns: Mapping[str, str]
