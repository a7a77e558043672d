#!/usr/bin/env python3
"""Holds the tree to ARCHITECTURE.md "Who may include whom" and to the house rules that a compiler does not check.

Run by ./test (CTest `house.layers`) and tools/check.sh. Prints one line per fault, file:line: rule, and exits 1.
`check_layers.py --self-test` checks the checker.
"""

import os
import re
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

# Folder -> folders whose headers it may include (each with everything below it). The longest matching folder decides, so a
# subfolder may be stricter or freer than its parent. app, tests and bench may include everything.
MAY_INCLUDE = {
    "base": ["base"],
    "llm": ["base", "llm"],
    "pricing": ["base", "pricing"],
    "policy": ["base", "policy"],
    "policy/redis": ["base", "policy", "net"],
    "net": ["base", "net"],
    "storage": ["base", "storage"],
    "storage/spool": ["base", "storage/spool", "storage/records.h", "storage/detail"],
    # Of storage the data plane sees the record and the spool; keys and look-ups reach it through a port of its own.
    "gateway": ["base", "net", "llm", "pricing", "policy", "gateway", "storage/spool", "storage/records.h"],
    "costs": ["base", "pricing", "storage", "costs"],
    "console": ["base", "costs", "storage", "policy", "pricing", "console"],
    "console/api": ["base", "costs", "storage", "policy", "pricing", "console", "net"],
    "sdk": ["base", "llm", "net", "sdk"],
}
FREE = ["app", "tests", "bench"]
FOLDERS = sorted({folder.split("/")[0] for folder in MAY_INCLUDE} | set(FREE))
NOBODY_INCLUDES = ["bench", "console/web"]  # tests/support is for tests and bench

# Types of these libraries stay out of headers everywhere else.
HEAVY = re.compile(r"boost/beast|openssl/")
HEAVY_HEADERS_IN = ["net", "console/api", "sdk/detail", "tests"]

EMPTY_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "impl"}
LINES_MAX = 500

Fault = namedtuple("Fault", "path line rule")


def below(path, folder):
    return path == folder or path.startswith(folder + "/")


def allowed_for(path):
    fitting = [folder for folder in MAY_INCLUDE if below(path, folder)]
    return MAY_INCLUDE[max(fitting, key=len)] if fitting else None


def detail_owner(included):
    """The module whose business `included` is, when it lies in a detail/ folder."""
    folders = included.split("/")[:-1]
    return folders[0] if "detail" in folders else None


def check_includes(root, path, text):
    allowed = allowed_for(path)
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not match:
            continue
        quote, included = match.groups()
        if HEAVY.match(included) and path.endswith(".h") and not any(below(path, f) for f in HEAVY_HEADERS_IN):
            yield Fault(path, number, f"{included} in a header: its types stay inside {', '.join(HEAVY_HEADERS_IN)}")
        if quote == "<":
            continue
        if path.startswith("tests/") and (root / path).parent.joinpath(included).is_file():
            continue  # a test's own fixture beside it
        if not (root / included).is_file():
            yield Fault(path, number, f'"{included}" is not a path from the root of the repository')
            continue
        if any(below(included, folder) for folder in NOBODY_INCLUDES) and not below(path, included.split("/")[0]):
            yield Fault(path, number, f"nothing includes {included.split('/')[0]}/")
        elif included.startswith("tests/") and not path.startswith(("tests/", "bench/")):
            yield Fault(path, number, "only tests include tests/")
        elif allowed is not None and not any(below(included, folder) for folder in allowed):
            yield Fault(path, number, f"{included}: {path.split('/')[0]} may include {', '.join(allowed)}")
        owner = detail_owner(included)
        if owner is not None and not below(path, owner) and not path.startswith(("tests/", "bench/")):
            yield Fault(path, number, f"{included} is nobody's business outside {owner}/")


def without_comments_and_text(source):
    """Comments, strings and character literals blanked, line breaks kept."""
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group()), source, flags=re.S)


# What stands before a declaration of a function that returns a Result: the end of the statement before it, then attributes
# and specifiers.
RESULT_FUNCTION = re.compile(
    r"(?:^|[;{}]|\b(?:public|protected|private)\s*:|\btemplate\s*<[^<>{}]*>|\#[^\n]*\n)\s*"
    r"(?P<before>(?:\[\[[^\]]*\]\]\s*|\b(?:static|virtual|inline|constexpr|friend|extern)\b\s*)*)"
    r"(?:pulse::)?Result\s*<(?P<rest>[^;{}]*?)>\s+[A-Za-z_]\w*\s*\("
)


def check_nodiscard(path, code):
    for match in RESULT_FUNCTION.finditer(code):
        if "nodiscard" not in match["before"] and "=" not in match["rest"]:
            line = code.count("\n", 0, match.start("rest")) + 1
            yield Fault(path, line, "a function that returns Result<…> is [[nodiscard]]")


def check_style(path, text, code):
    lines = text.count("\n")
    if lines > LINES_MAX:
        yield Fault(path, lines, f"{lines} lines; {LINES_MAX} is a reason to split")
    words = re.split(r"[/._]", path.lower())
    for word in EMPTY_NAMES.intersection(words):
        yield Fault(path, 1, f'"{word}" in a name says nothing')
    for match in re.finditer(r"\bco_(?:await|return|yield)\b|#\s*include\s*<coroutine>", code):
        yield Fault(path, code.count("\n", 0, match.start()) + 1, "coroutines: see docs/decisions/0001")
    if path.endswith(".h"):
        if "#pragma once" not in text:
            yield Fault(path, 1, "no #pragma once")
        for match in re.finditer(r"^\s*using\s+namespace\b", code, re.M):
            yield Fault(path, code.count("\n", 0, match.start()) + 1, "using namespace in a header")


def sources(root):
    for folder in FOLDERS:
        for directory, subfolders, names in os.walk(root / folder):
            subfolders[:] = sorted(name for name in subfolders if name not in ("node_modules", "build", "dist"))
            for name in sorted(names):
                if name.endswith((".h", ".cpp")):
                    yield (Path(directory) / name).relative_to(root).as_posix()


def check_tree(root):
    for path in sources(root):
        text = (root / path).read_text(encoding="utf-8")
        code = without_comments_and_text(text)
        yield from check_includes(root, path, text)
        yield from check_style(path, text, code)
        if path.endswith(".h") and not path.startswith("tests/"):
            yield from check_nodiscard(path, code)


SELF_TEST = {
    "base/error.h": ("#pragma once\n", 0),
    "base/upward.h": ('#pragma once\n#include "llm/meter.h"\n', 1),
    "llm/meter.h": ('#pragma once\n#include "base/error.h"\n#include "error.h"\n', 1),
    "llm/prices.cpp": ('#include "pricing/cost.h"\n', 1),
    "pricing/cost.h": ("#pragma once\n[[nodiscard]] Result<int> a();\n// Result<int> b();\nResult<Pair<int, int>> c(int x);\n", 1),
    "pricing/class.h": ("#pragma once\nstruct S {\n    virtual Result<void> f() = 0;\n    Result<int> held_;\n};\n", 1),
    "policy/redis/client.cpp": ('#include "net/loop.h"\n', 0),
    "policy/limits.cpp": ('#include "net/loop.h"\n', 1),
    "net/loop.h": ("#pragma once\n#include <boost/beast/http.hpp>\n", 0),
    "net/detail/state.h": ("#pragma once\n", 0),
    "gateway/leak.h": ("#pragma once\n#include <openssl/ssl.h>\n", 1),
    "gateway/prying.cpp": ('#include "net/detail/state.h"\n', 1),
    "gateway/rows.cpp": ('#include "storage/database.h"\n#include "storage/records.h"\n', 1),
    "storage/database.h": ("#pragma once\n", 0),
    "storage/records.h": ("#pragma once\n", 0),
    "app/main.cpp": ('#include "storage/database.h"\n#include "gateway/leak.h"\n', 0),
    "app/string_util.cpp": ("\n", 1),
    "app/long.cpp": ("\n" * 501, 1),
    "app/wait.cpp": ("int f() { co_await g(); }\n", 1),
    "tests/support/clock.h": ("#pragma once\n", 0),
    "base/clock.cpp": ('#include "tests/support/clock.h"\n', 1),
}


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path, (text, _) in SELF_TEST.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        found = [fault.path for fault in check_tree(root)]
    wrong = [
        f"{path}: expected {expected} faults, found {found.count(path)}"
        for path, (_, expected) in SELF_TEST.items()
        if found.count(path) != expected
    ]
    print("\n".join(wrong) or f"{len(SELF_TEST)} cases as expected")
    return 1 if wrong else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    faults = list(check_tree(Path(__file__).resolve().parent.parent))
    for fault in faults:
        print(f"{fault.path}:{fault.line}: {fault.rule}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
