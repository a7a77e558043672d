"""Price rows in the shape of docs/formats/catalogue.md, and exact numbers from decimal text."""

from __future__ import annotations

import decimal
import json
from dataclasses import dataclass, field, replace
from fractions import Fraction

PICO = 10**12
SIGNIFICANT_DIGITS = 12  # beyond them upstream digits are noise of binary floats (pricing study, 30 values)

CLASSES = [
    "input", "cache_read", "cache_write_5m", "cache_write_1h", "input_audio", "cache_read_audio",
    "input_image", "input_video", "output", "output_reasoning", "output_audio", "output_image",
    "request", "web_search",
]
TIERS = ["standard", "batch", "flex", "priority"]


class Inexact(ValueError):
    """A price that is no whole number of picodollars per any of the known units."""


def load(path: str):
    """JSON with every number as the Decimal that its text says."""
    with open(path, encoding="utf-8") as file:
        return json.load(file, parse_float=decimal.Decimal, parse_int=decimal.Decimal)


def denoise(value: decimal.Decimal) -> Fraction:
    with decimal.localcontext() as context:
        context.prec = SIGNIFICANT_DIGITS
        return Fraction(+value)


def amount_of(usd: Fraction, per: int) -> tuple[int, int]:
    """(amount_pico, per): `usd` is the price of `per` units. The unit grows until the amount is whole."""
    for unit in (per, 1_000_000, 1_000_000_000):
        pico = usd * PICO * unit / per
        if unit >= per and pico.denominator == 1:
            return int(pico), unit
    raise Inexact(f"{usd} USD per {per}")


@dataclass(frozen=True)
class Row:
    price_class: str
    amount_pico: int
    per: int = 1_000_000
    tier: str = "standard"
    min_input: int = 0
    inclusive: bool = True
    valid_from: str | None = None
    valid_to: str | None = None
    hours_utc: str | None = None
    source: str = ""

    def threshold(self) -> int:
        """The smallest input that reaches this row."""
        return self.min_input if self.inclusive else self.min_input + 1

    def rate(self) -> Fraction:
        return Fraction(self.amount_pico, self.per)

    def sort_key(self):
        return (CLASSES.index(self.price_class), TIERS.index(self.tier), self.valid_from or "",
                self.hours_utc or "", self.threshold())

    def to_json(self) -> dict:
        out: dict = {"class": self.price_class}
        if self.tier != "standard":
            out["tier"] = self.tier
        out["amount_pico"] = self.amount_pico
        if self.per != 1_000_000:
            out["per"] = self.per
        if self.min_input:
            out["min_input"] = self.min_input
            out["inclusive"] = self.inclusive
        for name in ("valid_from", "valid_to", "hours_utc"):
            if getattr(self, name):
                out[name] = getattr(self, name)
        out["source"] = self.source
        return out


@dataclass
class Entry:
    """One model of one upstream catalogue, or the merged one."""

    provider: str
    id: str
    mode: str = "chat"
    names: set[str] = field(default_factory=set)
    context: int = 0
    max_output: int = 0
    rows: list[Row] = field(default_factory=list)
    rule: dict = field(default_factory=lambda: {"equals": ""})  # upstream's own match rule, where it has one

    def same_terms(self, other: "Entry") -> bool:
        return (self.mode, self.context, self.max_output, self.rows) == (
            other.mode, other.context, other.max_output, other.rows)

    def to_json(self) -> dict:
        out: dict = {"provider": self.provider, "id": self.id, "mode": self.mode}
        aliases = sorted(self.names - {self.id})
        if aliases:
            out["aliases"] = aliases
        if self.context:
            out["context"] = self.context
        if self.max_output:
            out["max_output"] = self.max_output
        out["prices"] = [row.to_json() for row in self.rows]
        return out


def valid_on(row: Row, day: str) -> bool:
    return (row.valid_from or "") <= day and (row.valid_to is None or day < row.valid_to)


def within(row: Row, other: Row) -> Row:
    """`row` with the validity of `other`."""
    return replace(row, valid_from=other.valid_from, valid_to=other.valid_to)
