"""All run directories a person knows of: those used lately and those below given directories, each
with how it stands.

A summary is kept in a cache file (XDG), by size and modification time of the journal, so that a
hundred runs cost no folds the second time.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from enchanted_tui.campaign_status import Liveness, Phase
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.lock import Holder
from enchanted_tui.views.liveness import LivenessWatch
from enchanted_tui.views.viewing import View, Viewer
from enchanted_tui.whole_files import write_atomically

_FORMAT = 1
_MAX_DEPTH = 4  #: levels below a root
_MAX_ENTRIES = 20_000  #: names looked at below one root
_VIEWERS_KEPT = 16  #: campaigns that go on, whose journals are followed instead of folded again
#: How runs stand whose record has not been read, by what their lock says.
_UNREAD = {
    Liveness.RUNNING: Phase.RUNNING,
    Liveness.PERHAPS_RUNNING: Phase.UNKNOWN,
    Liveness.NOT_RUNNING: Phase.UNREAD,
}
_NOT_ENTERED = frozenset(
    ("data", "packed", "state", "logs", "node_modules", "site-packages", "__pycache__")
)


@dataclass(frozen=True)
class RunEntry:
    """One run directory. Times in seconds since the epoch."""

    root: Path
    phase: Phase
    holder: Holder | None = None
    older: bool = False  #: made by the older program and not taken over
    done: int = 0  #: tasks
    expected: int = 0
    succeeded: int = 0
    failed: int = 0
    batches_done: int = 0
    batches: int = 0
    stages: tuple[str, ...] = ()  #: such as ``random -> helena``
    last_change: float = 0.0
    why: str = ""  #: why nothing happens, or how the last session ended
    config: str = ""  #: name of the configuration in force, below ``config/``
    size: int = 0  #: bytes of the journal
    rate: float | None = None  #: tasks a second at present
    #: seconds that it will still take, with their bounds; None where nothing can be said
    eta: float | None = None
    eta_low: float | None = None
    eta_high: float | None = None
    #: results a second in the last 60 buckets of time, the latest one last
    rates: tuple[float, ...] = ()
    #: seconds without a result of the tasks that run; 0 where that is no longer than usual
    silence: float = 0.0
    guarded: bool = False  #: a rule of its own has paused or ended it
    tags: tuple[str, ...] = ()  #: what people call it
    note: str = ""

    @property
    def name(self) -> str:
        return self.root.name

    @property
    def success_rate(self) -> float | None:
        """Share of the finished tasks that succeeded."""
        return self.succeeded / self.done if self.done else None


class RunCatalogue:
    """Finds runs again and again; keeps summaries in memory and, between programs, in `cache`. One
    thread at a time finds; another one may close it.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self._cache = cache_path() if cache is None else cache
        self._summaries: dict[str, dict[str, Any]] = _load(self._cache)
        self._viewers: OrderedDict[Path, Viewer] = OrderedDict()
        self._followed: Mapping[Path, Viewer] = {}
        self._watches: dict[Path, LivenessWatch] = {}
        self._changed = False
        self._using = threading.Lock()
        self._is_closed = False

    def find(
        self,
        recent: Iterable[Path],
        roots: Iterable[Path],
        budget: float | None = None,
        followed: Mapping[Path, Viewer] | None = None,
    ) -> list[RunEntry]:
        """Return all runs, the one changed last first. `followed` are the read models that somebody
        else has of some of them, which are used in place of own ones.

        After `budget` seconds the runs that are not in the cache are given as unread; the next
        call goes on. May read much: not for the event loop.
        """
        deadline = None if budget is None else time.monotonic() + budget
        with self._using:
            self._followed = followed or {}
            entries = [
                self._entry(root, deadline)
                for root in dict.fromkeys([*_existing(recent), *_below_all(roots)])
            ]
            self._save()
        if self._is_closed:  # meanwhile, and did not wait
            self.close()
        return sorted(entries, key=lambda entry: (-entry.last_change, entry.root))

    def _entry(self, root: Path, deadline: float | None) -> RunEntry:
        run_dir = CampaignDirectory(root)
        key = _key(run_dir)
        liveness, holder = self._watches.setdefault(root, LivenessWatch(run_dir.lock)).look()
        known = self._summaries.get(str(root))
        if known is not None and known["key"] == key and liveness is Liveness.NOT_RUNNING:
            return _from_json(root, known["entry"])
        if deadline is not None and time.monotonic() > deadline:
            changed = key[1] / 1e9 if key else 0.0
            old = (
                _from_json(root, known["entry"])
                if known is not None
                else RunEntry(root, Phase.UNREAD, last_change=changed)
            )
            return replace(old, phase=_UNREAD[liveness], holder=holder)
        return self._read(root, key, deadline)

    def _read(self, root: Path, key: list[int], deadline: float | None) -> RunEntry:
        own, viewer = self._viewers.pop(root, None), self._followed.get(root)
        if viewer is not None and own is not None:
            own.close()
        left = 3600.0 if deadline is None else max(0.05, deadline - time.monotonic())
        if viewer is not None:
            return self._sum_up(root, key, viewer.refresh(budget=left))
        viewer = own or Viewer(root)
        entry = self._sum_up(root, key, view := viewer.refresh(budget=left))
        if view.reading < 1 or not view.phase.at_rest:
            self._keep(root, viewer)
        else:
            viewer.close()
        return entry

    def _sum_up(self, root: Path, key: list[int], view: View) -> RunEntry:
        """Return the line of a run, which is kept where nothing of it changes by itself."""
        entry = entry_of(view)
        if view.reading < 1:
            return replace(entry, phase=Phase.UNREAD)
        if view.phase.at_rest:
            self._summaries[str(root)] = {"key": key, "entry": _to_json(entry)}
            self._changed = True
        return entry

    def _keep(self, root: Path, viewer: Viewer) -> None:
        self._viewers[root] = viewer
        while len(self._viewers) > _VIEWERS_KEPT:
            self._viewers.popitem(last=False)[1].close()

    def _save(self) -> None:
        """Write the cache if it has changed; without one, everything is read again next time."""
        if not self._changed:
            return
        self._changed = False
        with suppress(OSError):
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            present = {
                root: known for root, known in self._summaries.items() if os.path.isdir(root)
            }
            write_atomically(self._cache, json.dumps({"format": _FORMAT, "runs": present}))

    def close(self) -> None:
        """Save, and close what is followed; a thread that finds does so when it has found, since a
        file server may keep it for long.
        """
        self._is_closed = True
        if self._using.acquire(blocking=False):
            try:
                self._save()
                while self._viewers:
                    self._viewers.popitem()[1].close()
            finally:
                self._using.release()


def entry_of(view: View) -> RunEntry:
    """Return the line of a run that somebody is viewing."""
    taken = view.snapshot
    journal = next((file.size for file in view.files if file.name.endswith(".jsonl")), 0)
    return RunEntry(
        root=view.root,
        phase=view.phase,
        holder=view.holder,
        older=view.older,
        done=taken.tasks_done,
        expected=taken.tasks_expected,
        succeeded=taken.succeeded,
        failed=taken.failed,
        batches_done=sum(stage.batches_done for stage in taken.stages),
        batches=sum(stage.batches for stage in taken.stages),
        stages=tuple(f"{stage.sampler} -> {', '.join(stage.runners)}" for stage in taken.stages),
        last_change=taken.last_change,
        why=view.ended or view.why,
        config=view.config_file,
        size=journal,
        rate=taken.rate,
        eta=taken.eta,
        eta_low=view.eta_low,
        eta_high=view.eta_high,
        rates=view.rates,
        silence=view.silence,
        guarded=taken.guard is not None,
        tags=view.labels.tags,
        note=view.labels.note,
    )


def is_run(root: Path) -> bool:
    """Tell whether a campaign is recorded in a directory, by this program or the older one."""
    run_dir = CampaignDirectory(root)
    return run_dir.journal.is_file() or run_dir.run_state.is_file()


# -- finding ---------------------------------------------------------------------------------------


def _existing(recent: Iterable[Path]) -> Iterator[Path]:
    for path in recent:
        with suppress(OSError):
            if is_run(path):
                yield path.resolve()


def _below_all(roots: Iterable[Path]) -> Iterator[Path]:
    for root in roots:
        yield from runs_below(root)


def runs_below(
    root: Path, max_depth: int = _MAX_DEPTH, max_entries: int = _MAX_ENTRIES
) -> Iterator[Path]:
    """Return the run directories in and below `root`, nearest first; never looks into one, nor into
    hidden directories or through links.
    """
    level = [os.path.realpath(root)]
    left = max_entries
    for _ in range(max_depth + 1):
        below: list[str] = []
        for directory in level:
            if left <= 0:
                return
            names, directories = _listing(directory, left)
            left -= len(names)
            if "enchanted_run.yaml" in names or ("state" in names and is_run(Path(directory))):
                yield Path(directory)
            else:
                below += directories
        level = below


def _listing(directory: str, limit: int) -> tuple[set[str], list[str]]:
    """Return the names in a directory, at most `limit`, and the paths of the directories worth
    entering.
    """
    names: set[str] = set()
    directories = []
    with suppress(OSError), os.scandir(directory) as listing:
        for entry in listing:
            names.add(entry.name)
            if (
                not entry.name.startswith(".")
                and entry.name not in _NOT_ENTERED
                and entry.is_dir(follow_symlinks=False)
            ):
                directories.append(entry.path)
            if len(names) >= limit:
                break
    return names, sorted(directories)


# -- the cache -------------------------------------------------------------------------------------


def cache_path() -> Path:
    """Return where summaries are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "enchanted-tui" / "runs.json"


def _key(run_dir: CampaignDirectory) -> list[int]:
    """What a summary holds for: the journal, or the older program's state, and what people call the
    run, as they are on disk.
    """
    key: list[int] = []
    for path in (run_dir.journal, run_dir.run_state):
        with suppress(OSError):
            found = path.stat()
            key = [found.st_size, found.st_mtime_ns, found.st_ino]
            break
    with suppress(OSError):
        key.append(run_dir.labels.stat().st_mtime_ns)
    return key


def _load(path: Path) -> dict[str, dict[str, Any]]:
    try:
        content = json.loads(path.read_bytes())
        runs = content["runs"] if content["format"] == _FORMAT else {}
        return {
            root: known
            for root, known in runs.items()
            if _from_json(Path(root), known["entry"]) and known["key"]
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _to_json(entry: RunEntry) -> dict[str, Any]:
    content = asdict(replace(entry, holder=None))
    del content["root"], content["holder"]
    return {"state": content.pop("phase"), **content}


def _from_json(root: Path, content: dict[str, Any]) -> RunEntry:
    known = {
        **content,
        "stages": tuple(content["stages"]),
        "rates": tuple(content.get("rates", ())),
        "tags": tuple(content.get("tags", ())),
    }
    return RunEntry(root, Phase(known.pop("state")), **known)
