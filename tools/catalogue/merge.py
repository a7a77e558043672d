"""Merges two upstream catalogues: genai's prices, and from LiteLLM what genai lacks (limits, service tiers, classes).

LiteLLM states one moment, genai validity dates. What is filled in from LiteLLM is therefore valid only while the price
that it stands beside is, and only where both agree on the plain input and output price.
"""

from __future__ import annotations

import re
from dataclasses import replace

from . import genai as genai_source
from .rows import Entry, Row, valid_on, within

DATED = re.compile(r"-(\d{8}|\d{4}-\d{2}-\d{2})")
LONG_CONTEXT = 1_000_000  # the window of every model that has a price above its stated window


def merge(genai: list[Entry], litellm: list[Entry], day: str, report) -> list[Entry]:
    by_id = {(entry.provider, entry.id): entry for entry in litellm}
    base_of = {key: _base(entry, genai) for key, entry in by_id.items()}
    out: list[tuple[Entry | None, Entry]] = []
    for entry in genai:
        out.append((entry, _joined(entry, _companion(entry, by_id, base_of), entry.id, day, report)))
    ids = {(entry.provider, entry.id) for entry in genai}
    for key, entry in by_id.items():
        if key not in ids:
            base = base_of[key]
            joined = _joined(base, entry, entry.id, day, report) if base else entry
            out.append((base, replace(joined, names={entry.id})))
    return _settle_names(_fold(out))


def _base(entry: Entry, genai: list[Entry]) -> Entry | None:
    same = [g for g in genai if g.provider == entry.provider]
    return next((g for g in same if entry.id in g.names),
                next((g for g in same if genai_source.matches(g.rule, entry.id)), None))


def _companion(entry: Entry, by_id: dict, base_of: dict) -> Entry | None:
    """LiteLLM's model of the same id, else the one with the shortest id that genai counts to this model."""
    same = by_id.get((entry.provider, entry.id))
    linked = [by_id[key] for key, base in base_of.items() if base is entry]
    return same or min(linked, key=lambda e: (len(e.id), e.id), default=None)


def _joined(base: Entry, other: Entry | None, name: str, day: str, report) -> Entry:
    joined = Entry(base.provider, name, mode_of(base), set(base.names) | {name}, base.context, 0, list(base.rows))
    if other:
        joined.mode = other.mode
        joined.context = max(base.context, other.context)
        joined.max_output = other.max_output
        joined.rows = _rows(f"{base.provider}/{name}", base.rows, other.rows, day, report)
    return joined


def _rows(where: str, base: list[Row], other: list[Row], day: str, report) -> list[Row]:
    for price_class in ("input", "output"):
        mine, theirs = _plain(base, price_class, day), _plain(other, price_class, day)
        if mine and theirs and mine.rate() != theirs.rate():
            report.conflict(where, price_class, mine.rate(), theirs.rate())
            return list(base)
    classes = {row.price_class for row in base}
    has_steps = any(row.threshold() for row in base)
    beside = _plain(base, "input", day) or _plain(base, "output", day)
    out = list(base)
    for row in other:
        known = row.tier == "standard" and row.price_class in classes
        if known and (not row.threshold() or has_steps):
            continue
        row = _aligned(row, base)
        out.append(within(row, beside) if beside else row)
    return out


def _plain(rows: list[Row], price_class: str, day: str) -> Row | None:
    return next((row for row in rows if row.price_class == price_class and row.tier == "standard"
                 and not row.threshold() and not row.hours_utc and valid_on(row, day)), None)


def _aligned(row: Row, base: list[Row]) -> Row:
    """With the base's threshold where the two differ by one token only ("272000 and more", "above 272000")."""
    for mine in base:
        if row.threshold() and abs(mine.threshold() - row.threshold()) == 1:
            return replace(row, min_input=mine.min_input, inclusive=mine.inclusive)
    return row


def _fold(entries: list[tuple[Entry | None, Entry]]) -> list[Entry]:
    """Models with the same terms become one with aliases: a dated id beside its plain one."""
    kept: list[tuple[Entry | None, Entry]] = []
    for base, entry in sorted(entries, key=lambda pair: (pair[0] is None or pair[0].id != pair[1].id,
                                                         len(pair[1].id), pair[1].id)):
        entry.rows = sorted(set(entry.rows), key=Row.sort_key)
        top = max((row.min_input for row in entry.rows), default=0)
        if entry.context and top >= entry.context:
            entry.context = LONG_CONTEXT
        twin = next((k for b, k in kept if b is base and k.provider == entry.provider and _is_twin(k, entry, base)),
                    None)
        if twin:
            twin.names |= entry.names
        elif entry.rows:
            kept.append((base, entry))
    return [entry for _, entry in kept]


def _is_twin(kept: Entry, entry: Entry, base: Entry | None) -> bool:
    if kept.same_terms(entry):
        return base is not None or entry.id.startswith(kept.id)
    # Upstream lists fewer service tiers for a dated id than for the plain one, and providers answer with the dated one.
    return (bool(DATED.fullmatch(entry.id.removeprefix(kept.id))) and entry.id.startswith(kept.id)
            and kept.mode == entry.mode and set(entry.rows) <= set(kept.rows))


def _settle_names(entries: list[Entry]) -> list[Entry]:
    """Each name of a provider belongs to one model: to the one that has it as id, else to the first."""
    owner = {(entry.provider, entry.id): entry for entry in entries}
    for entry in entries:
        for name in sorted(entry.names):
            owner.setdefault((entry.provider, name), entry)
        entry.names = {name for name in entry.names if owner[entry.provider, name] is entry}
    return sorted(entries, key=lambda entry: (entry.provider, entry.id))


def mode_of(entry: Entry) -> str:
    """For models that LiteLLM does not list: by name."""
    for mode, words in (("embedding", ("embed",)), ("tts", ("tts",)), ("stt", ("transcribe", "whisper", "voxtral-mini")),
                        ("realtime", ("realtime", "-live-", "voice")), ("image", ("image",)), ("ocr", ("ocr",)),
                        ("moderation", ("moderation",))):
        if any(word in entry.id for word in words):
            return mode
    return "chat"
