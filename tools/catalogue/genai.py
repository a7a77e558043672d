"""Reads the catalogue of the npm package @pydantic/genai-prices (MIT)."""

from __future__ import annotations

import decimal
import re

from . import rows
from .rows import Entry, Row

PROVIDERS = {
    "openai": "openai", "anthropic": "anthropic", "google": "gemini", "mistral": "mistral",
    "deepseek": "deepseek", "x-ai": "xai", "groq": "groq",
}

KEYS = {
    "input_mtok": "input",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "input_audio",
    "cache_audio_read_mtok": "cache_read_audio",
    "input_image_mtok": "input_image",
    "input_video_mtok": "input_video",
    "output_mtok": "output",
    "output_reasoning_mtok": "output_reasoning",
    "output_audio_mtok": "output_audio",
    "output_image_mtok": "output_image",
    "requests_kcount": "request",
    "web_searches_kcount": "web_search",
}


def read(path: str, report) -> list[Entry]:
    entries = []
    for provider in rows.load(path):
        name = PROVIDERS.get(provider["id"])
        for model in provider["models"] if name else []:
            entry = _entry(name, model, report)
            if entry:
                entries.append(entry)
    return entries


def matches(rule: dict, name: str) -> bool:
    """The catalogue's own match logic; case-insensitive except for regular expressions."""
    (kind, argument), = rule.items()
    if kind == "or":
        return any(matches(part, name) for part in argument)
    if kind == "and":
        return all(matches(part, name) for part in argument)
    if kind == "regex":
        return re.search(argument, name) is not None
    folded, argument = name.lower(), argument.lower()
    return {
        "equals": folded == argument,
        "starts_with": folded.startswith(argument),
        "ends_with": folded.endswith(argument),
        "contains": argument in folded,
    }[kind]


def _entry(provider: str, model: dict, report) -> Entry | None:
    where = f"{provider}/{model['id']}"
    if provider == "gemini" and model["id"].startswith("claude"):
        return None  # Vertex's price, not the Gemini API's
    comments = model.get("price_comments", "")
    if "from OpenRouter" in comments or "on OpenRouter" in comments:
        report.left_out(where, "another provider's price")
        return None
    entry = Entry(provider, model["id"].rstrip("-"))
    entry.context = int(model.get("context_window") or 0)
    entry.names = {entry.id.lower()} | _names(model["match"])
    entry.rule = model["match"]
    entry.rows = _rows(where, model["prices"], report)
    return entry


def _names(rule: dict) -> set[str]:
    """The names that a rule states. A prefix counts as the name in front of a release suffix, never as "and anything
    behind it": `claude-opus-4-6-fast` is not `claude-opus-4-6`. A prefix cut inside a word is no name."""
    (kind, argument), = rule.items()
    if kind in ("or", "and"):
        return set().union(*(_names(part) for part in argument))
    if kind == "equals" or (kind in ("starts_with", "ends_with") and re.search(r"[a-z0-9]$", argument)):
        cut = kind == "starts_with" and re.search(r"-(20\d+|0)$", argument)
        return set() if cut else {argument.lower()}
    return set()


def _rows(where: str, prices, report) -> list[Row]:
    if isinstance(prices, dict):
        return _price_set(where, prices, {}, report)
    dated = [p for p in prices if p.get("constraint", {}).get("type", "start_date") == "start_date"]
    out = []
    for index, part in enumerate(dated):
        start = part.get("constraint", {}).get("start_date")
        end = dated[index + 1]["constraint"]["start_date"] if index + 1 < len(dated) else None
        out += _price_set(where, part["prices"], {"valid_from": start, "valid_to": end}, report)
    for part in prices:
        if part not in dated:  # by time of day: over every date, as the package's engine takes the last that is active
            hours = part["constraint"]["start_time"][:5] + "-" + part["constraint"]["end_time"][:5]
            out += _price_set(where, part["prices"], {"hours_utc": hours}, report)
    return out


def _price_set(where: str, prices: dict, common: dict, report) -> list[Row]:
    out = []
    for key, value in prices.items():
        if key not in KEYS:
            report.left_out(where, key)
            continue
        steps = [(0, True, value)]
        if isinstance(value, dict):
            steps = [(0, True, value["base"])] + [(*_start(t["start"]), t["price"]) for t in value["tiers"]]
        for min_input, inclusive, price in steps:
            amount, per = rows.amount_of(rows.denoise(price), 1000 if key.endswith("kcount") else 1_000_000)
            out.append(Row(KEYS[key], amount, per, min_input=min_input, inclusive=inclusive, source="genai", **common))
    return out


def _start(start: decimal.Decimal) -> tuple[int, bool]:
    """A step is taken when the input is above `start`: 271999 says "272000 and more", 200000 says "above"."""
    return (int(start) + 1, True) if int(start) % 10 == 9 else (int(start), False)
