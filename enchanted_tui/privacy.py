"""What of a text is nobody else's business, taken out of what others get: secrets, and the paths of
a person's own machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# -- secrets ---------------------------------------------------------------------------------------

#: a password may hold / and @ where nobody has encoded it
_LOG_IN = re.compile(r"(?<=://)(?:[^/\s@]+:\S*|[^/\s@]+)@")
_TOKEN = re.compile(
    r"\b(?:gh[pousr]_\w{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}|AKIA[0-9A-Z]{16}|hf_\w{16,}"
    r"|sk-[\w-]{16,}|xox[a-z]-[\w-]{10,})"
    r"|(?<=\bbearer )\S+|(?<=\bbasic )\S{8,}",
    re.IGNORECASE,
)
_NAME = (
    r"(?:token|passw(?:or)?d|passphrase|pwd|credentials?|secret"
    r"|(?:api|access|private|secret)[-_ ]?key)"
)
_SECRET = re.compile(
    rf"({_NAME}[\"']?(?:[ \t]*[=:][ \t]*|[ \t]+is[ \t]+))"
    r"(?:\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\n]|'')*'?"
    r"|\[[^\]\n]*\]?|\{(?!\{)[^}\n]*\}?|[^\s,}\[{\"'][^,}\n]*)"
    r"|(--[\w-]*(?:token|password|secret|key)[ =])\S+",
    re.IGNORECASE,
)
_KEY_FILE = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?=-----END|\Z)", re.DOTALL)
#: A line of YAML whose key says that its value is a secret: what stands before, and what behind.
_LINE = re.compile(
    rf"(?P<before>[ ]*(?:-[ ]+)*)(?P<key>[\"']?[\w.-]*{_NAME}[\"']?[ \t]*:)(?P<value>[ \t].*)?$",
    re.IGNORECASE,
)


def masked(text: str) -> str:
    """Return a text without passwords of addresses, tokens, private keys, and what is called a
    secret, be it on the same line or, in YAML, in the lines below.
    """
    text = _KEY_FILE.sub(r"\1...", _TOKEN.sub("...", _LOG_IN.sub("", text)))
    if re.search(_NAME, text, re.IGNORECASE):
        text = "\n".join(_without_secret_lines(text.split("\n")))
    return _SECRET.sub(r"\1\2...", text)


def _without_secret_lines(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines of YAML without the values of secrets: what stands behind such a key, and all
    lines that go on with it.
    """
    value: _SecretValue | None = None
    for line in lines:
        if value is not None and value.goes_on_in(line):
            continue
        found = _LINE.match(line)
        if found is None:
            value = None
            yield line
        else:
            value = _SecretValue(len(found["before"]), (found["value"] or "").partition(" #")[0])
            yield f"{found['before']}{found['key']} ...{value.behind}"


class _SecretValue:
    """The value of a key at some depth, by what stands on the same line."""

    def __init__(self, depth: int, text: str) -> None:
        self._depth, text = depth, text.strip()
        self._is_empty = not text
        #: brackets that are open: of a value that goes on, or of what the key stands in
        self._open = _brackets(text)
        ends = re.search(r"[,}\]\s]*$", text)
        #: what belongs to what the key stands in
        self.behind = ends[0][len(re.findall(r"[\[{]", text)) :] if ends else ""

    def goes_on_in(self, line: str) -> bool:
        if self._open > 0:
            self._open += _brackets(line)
            return True
        depth = len(line) - len(line.lstrip(" "))
        if not line.strip() or depth > self._depth:
            return True
        return self._is_empty and depth == self._depth and line[depth] == "-"


def _brackets(text: str) -> int:
    return len(re.findall(r"[\[{]", text)) - len(re.findall(r"[\]}]", text))


# -- paths -----------------------------------------------------------------------------------------

_PART = r"(?:[^\s/'\"<>|;,:()\[\]{}`\\]|\\ )+"
_BELOW = rf"(?:(?:\\?/)+{_PART})"  #: slashes may be doubled, or escaped as some write JSON
#: Where a person's files lie: found behind what may also stand before a relative path.
_ROOTS = r"/(?:home\d*|Users|root|scratch|gpfs|lustre|afs|nfs)\\?/"
#: What terminals are told, such as a colour: as it is, and as programs write it.
_CODE = (
    r"(?:(?:\x1b|\\(?:x1[bB]|033|e|u001[bB])|\^\[|␛)"
    r"(?:\[[0-?]{0,40}[ -/]{0,4}[@-~]|[()*+.-][0-~]|[@-Z\\-_=>78])|\x9b[0-?]{0,40}[@-~])"
)
#: What belongs to no path and may be taken for one: such a code, a character as programs write it,
#: such as the end of a line, or an option, of one letter such as -L, or any before `_ROOTS`.
_SIGNS = (
    rf"{_CODE}|\\(?:x[\da-fA-F]{{2}}|u[\da-fA-F]{{4}}|[0-3][0-7]{{2}}|[abefnrtv0])"
    rf"|(?<![\w-])-(?:[A-Za-z]|-?[A-Za-z][\w-]*(?={_ROOTS}))"
)
#: What else stands before a path: no part of a word, of a relative path, of an address or of what
#: is filled in.
_APART = rf"(?:(?<![\w.~/\\\]}})*?…])|(?<![A-Za-z\d_.~/…])(?={_ROOTS}))"


class PathShortener:
    """Shortens absolute paths to their last part, with `sign` before it.

    What lies in one of the `named` places, which are absolute, is named from there instead, behind
    the text given with it; `private` are places that are found whatever stands around them, with
    spaces too. Relative places are none.
    """

    def __init__(
        self, named: Mapping[str, str], private: Iterable[str] = (), sign: str = ""
    ) -> None:
        self._sign = sign
        self._homes = _spellings(os.path.expanduser("~"))
        self._named = {place: shown for name, shown in named.items() for place in _spellings(name)}
        for home in self._homes:
            self._named.pop(home, None)  # its name is the person's
        private = (*private, *self._homes)
        self._path = _pattern(
            {*self._named, *(one for each in private for one in _spellings(each))}
        )

    def text(self, text: str) -> str:
        """Return a text without absolute paths."""
        return self._path.sub(self._shown, text) if "/" in text else text

    def value(self, value: Any) -> Any:
        """Return a value with all texts in it shortened: of mappings and lists too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.value(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(map(self.value, value))
        return value

    def row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the row of a sample, likewise; names of columns stay."""
        return {name: self.value(value) for name, value in row.items()}

    def _shown(self, found: re.Match[str]) -> str:
        before = found["signs"] or ""
        place, below = found["deep"] or found["flat"], found["below"] or found["under"]
        if place in self._named:
            own = self._named[place]
            return before + (own + below.lstrip("/") if below else self._sign + _last(place))
        if place in self._homes and not below:
            return before + "~"
        return before + self._sign + _last(below or place or found["path"] or found["person"])


def _spellings(place: str) -> set[str]:
    """Return an absolute place as it is written and as it is without links."""
    if not os.path.isabs(place):
        return set()
    return {place.rstrip("/"), os.path.realpath(place)} - {"", "/"}


def _pattern(places: Iterable[str]) -> re.Pattern[str]:
    """Return what finds paths: known places, the longest first, with what lies below, and all other
    absolute paths of two parts or more, and those below the home of a person who is named. A place
    of two parts is found whatever stands before it.
    """
    ordered = sorted(places, key=len, reverse=True)
    deep, flat = (
        "|".join(re.escape(place) for place in ordered if (place.count("/") > 1) is is_deep)
        or "(?!)"
        for is_deep in (True, False)
    )
    end = r"/?(?![\w-]|\.\w)"
    return re.compile(
        rf"(?:(?P<file>\bfile://(?=/))|(?P<signs>{_SIGNS})(?=[/~]))?"
        rf"(?:(?P<deep>{deep})(?:(?P<below>{_BELOW}+)/?|{end})|(?(file)|(?(signs)|{_APART}))"
        rf"(?:(?P<flat>{flat})(?:(?P<under>{_BELOW}+)/?|{end})"
        rf"|(?P<path>(?:/|(?<!:)//+){_PART}{_BELOW}+)/?|(?P<person>~[A-Za-z_][\w.-]*{_BELOW}+)/?))"
    )


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
