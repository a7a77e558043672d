#!/usr/bin/env bash
# Makes pricing/catalog/builtin.json anew from two upstream files (both MIT) and our own, with the program's own importers.
# Models that upstream dropped and prices that changed stay in it, so that old calls keep their price.
#   tools/make_catalogue.sh GENAI.json GENAI_VERSION LITELLM.json DATE VERSION [PULSE]
#   tools/make_catalogue.sh genai-prices-0.1.8.json 0.1.8 litellm-2026-08-01.json 2026-08-01 2026-08-01.2
# GENAI.json is the catalogue in the npm package @pydantic/genai-prices as JSON, LITELLM.json the file
# model_prices_and_context_window.json, both of DATE. PULSE is the built program (default: build/release/pulse).
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

if [ $# -lt 5 ]; then
    sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
genai=$1 genai_version=$2 litellm=$3 date=$4 version=$5 pulse=${6:-build/release/pulse}
built_in=pricing/catalog/builtin.json

"$pulse" prices import tools/catalogue/own.json "$genai" "$litellm" --format pulse --format genai --format litellm \
    --ref "Pulse's own" --ref "npm package @pydantic/genai-prices $genai_version" \
    --ref "BerriAI/litellm model_prices_and_context_window.json, $date" \
    --date "$date" --version "$version" --keep "$built_in" --out "$built_in"
