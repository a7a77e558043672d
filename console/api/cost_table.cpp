#include "console/api/cost_table.h"

#include <string_view>

namespace pulse::console {
namespace {

[[nodiscard]] std::string csv_cell(std::string_view text) {
    std::string cell;
    // OWASP "CSV injection": what begins so is a formula.
    if (!text.empty() &&
        std::string_view{"=+-@\t\r"}.find(text.front()) != std::string_view::npos) {
        cell.push_back('\'');
    }
    cell.append(text);
    if (cell.find_first_of("\",\r\n") == std::string::npos) {
        return cell;
    }
    std::string quoted{"\""};
    for (const char character : cell) {
        quoted.append(character == '"' ? 2 : 1, character);
    }
    return quoted.append("\"");
}

[[nodiscard]] std::string markdown_cell(std::string_view text) {
    std::string cell;
    for (const char character : text) {
        if (character == '|' || character == '\\' || character == '`' || character == '<') {
            cell.push_back('\\');
        }
        cell.push_back(character == '\n' || character == '\r' ? ' ' : character);
    }
    return cell;
}

}  // namespace

std::string to_csv(const storage::CostAnswer& answer) {
    std::string out;
    for (const storage::GroupKey& key : answer.keys) {
        out.append(csv_cell(storage::to_string(key))).append(",");
    }
    out.append("amount,currency\r\n");
    for (const storage::CostRow& row : answer.rows) {
        for (const auto& value : row.values) {
            out.append(csv_cell(value.value_or(""))).append(",");
        }
        row.amount.append_to(out);
        out.append(",").append(csv_cell(row.currency)).append("\r\n");
    }
    return out;
}

std::string to_markdown(const storage::CostAnswer& answer) {
    std::string out{"|"};
    std::string rule{"|"};
    for (const storage::GroupKey& key : answer.keys) {
        out.append(" ").append(markdown_cell(storage::to_string(key))).append(" |");
        rule.append(" --- |");
    }
    out.append(" amount | currency |\n").append(rule).append(" ---: | --- |\n");
    const auto append_amount = [&](Money amount, std::string_view currency) {
        out.append(" ").append(amount.to_string()).append(" | ");
        out.append(markdown_cell(currency)).append(" |\n");
    };
    for (const storage::CostRow& row : answer.rows) {
        out.append("|");
        for (const auto& value : row.values) {
            out.append(" ").append(markdown_cell(value.value_or("–"))).append(" |");
        }
        append_amount(row.amount, row.currency);
    }
    for (const storage::CurrencyTotal& total : answer.totals) {
        out.append("|");
        for (std::size_t i = 0; i < answer.keys.size(); ++i) {
            out.append(i == 0 ? " **total** |" : " |");
        }
        append_amount(total.amount, total.currency);
    }
    return out;
}

}  // namespace pulse::console
