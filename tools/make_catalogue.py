#!/usr/bin/env python3
"""Makes a price catalogue (docs/formats/catalogue.md) from upstream ones.

    tools/make_catalogue.py --genai genai-prices-0.1.8.json --litellm litellm-2026-08-01.json \
        --version 2026-08-01.1 --output pricing/catalog/builtin.json [--report FILE]

With one upstream file only, the catalogue has that one's prices. The report lists the prices on which the two disagree
(genai's is taken) and those that cannot be expressed. Python's standard library only.
"""

from __future__ import annotations

import argparse
import json
import sys

from catalogue import genai, litellm
from catalogue.merge import merge, mode_of
from catalogue.rows import Entry, Row

SOURCES = {
    "genai": {"ref": "npm package @pydantic/genai-prices {}", "licence": "MIT"},
    "litellm": {"ref": "BerriAI/litellm model_prices_and_context_window.json, {}", "licence": "MIT"},
    "sandbox": {"ref": "Pulse's own: an answer of the sandbox costs nobody anything", "licence": "Apache-2.0"},
}
PROVIDER_ALIASES = {"gemini": ["google"], "xai": ["x-ai"]}


class Report:
    def __init__(self):
        self.lines: list[str] = []

    def conflict(self, where, price_class, mine, theirs):
        if abs(mine - theirs) * 100 > max(mine, theirs):
            self.lines.append(f"conflict {where} {price_class}: genai {float(mine) / 1e6:g}, litellm {float(theirs) / 1e6:g} USD/Mtok")

    def left_out(self, where, what):
        self.lines.append(f"left out {where}: {what}")


def sandbox() -> list[Entry]:
    """Round prices, so that a newcomer can check a cost by head."""
    terms = {
        "sandbox-small": ("chat", 128_000, 16_384, {"input": 0.5, "cache_read": 0.25, "output": 1}),
        "sandbox-large": ("chat", 128_000, 16_384, {"input": 5, "cache_read": 2.5, "output": 10}),
        "sandbox-embedding": ("embedding", 8_192, 0, {"input": 0.1}),
    }
    out = []
    for name, (mode, context, max_output, prices) in terms.items():
        rows = [Row(price_class, int(usd * 10**12), source="sandbox") for price_class, usd in prices.items()]
        out.append(Entry("sandbox", name, mode, {name}, context, max_output, rows))
    return out


def build(options, report: Report) -> list[Entry]:
    left = genai.read(options.genai, report) if options.genai else []
    right = litellm.read(options.litellm, report) if options.litellm else []
    for entry in left if not right else []:
        entry.mode = mode_of(entry)
    return merge(left, right, options.litellm_date, report) + sandbox()


def write(entries: list[Entry], options, out) -> None:
    """One price a line, so that a change of one price is a change of one line."""
    used = {row.source for entry in entries for row in entry.rows}
    versions = {"genai": options.genai_version, "litellm": options.litellm_date}
    sources = [{"name": name, **fields, "ref": fields["ref"].format(versions.get(name, ""))}
               for name, fields in SOURCES.items() if name in used]
    providers = [{"id": provider, **({"aliases": PROVIDER_ALIASES[provider]} if provider in PROVIDER_ALIASES else {})}
                 for provider in sorted({entry.provider for entry in entries})]
    out.write(f'{{"schema": 1, "version": {json.dumps(options.version)},\n"sources": [\n')
    out.write(",\n".join(json.dumps(source) for source in sources))
    out.write('\n],\n"providers": [\n' + ",\n".join(json.dumps(provider) for provider in providers))
    out.write('\n],\n"models": [\n')
    models = []
    for entry in sorted(entries, key=lambda e: (e.provider, e.id)):
        fields = entry.to_json()
        prices = ",\n ".join(json.dumps(price) for price in fields.pop("prices"))
        models.append(json.dumps(fields)[:-1] + f', "prices": [\n {prices}]}}')
    out.write(",\n".join(models) + "\n]}\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genai", metavar="FILE")
    parser.add_argument("--genai-version", default="0.1.8")
    parser.add_argument("--litellm", metavar="FILE")
    parser.add_argument("--litellm-date", default="2026-08-01", help="the day of LiteLLM's file")
    parser.add_argument("--version", required=True)
    parser.add_argument("--output", metavar="FILE", required=True)
    parser.add_argument("--report", metavar="FILE")
    options = parser.parse_args()
    if not options.genai and not options.litellm:
        parser.error("at least one of --genai and --litellm is needed")

    report = Report()
    entries = build(options, report)
    with open(options.output, "w", encoding="utf-8") as out:
        write(entries, options, out)
    if options.report:
        with open(options.report, "w", encoding="utf-8") as out:
            out.write("".join(line + "\n" for line in report.lines))
    rows = sum(len(entry.rows) for entry in entries)
    print(f"{len(entries)} models, {rows} prices, {sum(l.startswith('conflict') for l in report.lines)} conflicts",
          file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
