"""Reads LiteLLM's model_prices_and_context_window.json (MIT)."""

from __future__ import annotations

import re

from . import rows
from .rows import Entry, Row

PROVIDERS = {
    "openai": "openai", "text-completion-openai": "openai", "anthropic": "anthropic", "gemini": "gemini",
    "mistral": "mistral", "deepseek": "deepseek", "xai": "xai", "groq": "groq",
}

KEYS = {
    "input_cost_per_token": "input",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write_5m",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
    "input_cost_per_audio_token": "input_audio",
    "cache_read_input_audio_token_cost": "cache_read_audio",
    "input_cost_per_image_token": "input_image",
    "output_cost_per_token": "output",
    "output_cost_per_reasoning_token": "output_reasoning",
    "output_cost_per_audio_token": "output_audio",
    "output_cost_per_image_token": "output_image",
}

# BASE[_above_1hr][_above_Nk_tokens][_batches|_flex|_priority]
GRAMMAR = re.compile(r"^(?P<base>.+?)(?:_above_(?P<k>\d+)k_tokens)?(?:_(?P<tier>batches|flex|priority))?$")

MODES = {
    "chat": "chat", "responses": "chat", "completion": "chat", "embedding": "embedding",
    "image_generation": "image", "audio_transcription": "stt", "audio_speech": "tts", "realtime": "realtime",
    "moderation": "moderation", "ocr": "ocr", "video_generation": "video", "rerank": "rerank",
}


def read(path: str, report) -> list[Entry]:
    entries: dict[tuple[str, str], Entry] = {}
    catalogue = rows.load(path)
    # `deepseek/deepseek-chat` is read after `deepseek-chat` and wins.
    for key in sorted(catalogue, key=lambda k: "/" in k):
        model = catalogue[key]
        provider = PROVIDERS.get(model.get("litellm_provider", ""))
        if provider and not re.match(r"^((low|medium|high|standard|hd)/)?\d+-x-\d+/", key):
            name = key.lower().removeprefix(model["litellm_provider"] + "/")
            entries[provider, name] = _entry(provider, name, model, report)
    return list(entries.values())


def _entry(provider: str, name: str, model: dict, report) -> Entry:
    entry = Entry(provider, name, MODES.get(model.get("mode", ""), "chat"), {name})
    entry.context = int(model.get("max_input_tokens") or 0)
    entry.max_output = int(model.get("max_output_tokens") or 0)
    entry.rows = _rows(f"{provider}/{name}", model, entry.mode, report)
    if entry.mode == "embedding" and "embed" not in name:
        entry.mode = "chat"  # upstream's slip: gemini-1.5-flash
    return entry


def _rows(where: str, model: dict, mode: str, report) -> list[Row]:
    out = []
    prices = dict(model)
    if "cache_read_input_token_cost" not in prices and "input_cost_per_token_cache_hit" in prices:
        prices["cache_read_input_token_cost"] = prices["input_cost_per_token_cache_hit"]
    for key, value in prices.items():
        if "cost" not in key or key == "input_cost_per_token_cache_hit":
            continue
        part = GRAMMAR.match(key)
        tier = {None: "standard", "batches": "batch"}.get(part["tier"], part["tier"])
        if key == "search_context_cost_per_query":
            price_class, value, per = "web_search", value.get("search_context_size_medium", 0), 1
        elif part["base"] in KEYS:
            price_class, per = KEYS[part["base"]], 1
        else:
            report.left_out(where, key)
            continue
        if value == 0 and mode != "moderation":
            continue  # a placeholder: nothing but moderation is free
        try:
            amount, unit = rows.amount_of(rows.denoise(value) * (1000 if price_class == "web_search" else 10**6),
                                          1000 if price_class == "web_search" else 10**6)
        except rows.Inexact as problem:
            report.left_out(where, f"{key}: {problem}")
            continue
        threshold = int(part["k"]) * 1000 if part["k"] else 0
        out.append(Row(price_class, amount, unit, tier, threshold, threshold == 0, source="litellm"))
    return _without_repeats(out)


def _without_repeats(prices: list[Row]) -> list[Row]:
    """A reasoning price equal to the output price says nothing, and would hide the output's size and service tiers."""
    output = next((row.rate() for row in prices if row.price_class == "output" and row.tier == "standard"), None)
    return [row for row in prices if row.price_class != "output_reasoning" or row.rate() != output]
