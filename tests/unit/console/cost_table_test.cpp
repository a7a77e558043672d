#include "console/api/cost_table.h"

#include <gtest/gtest.h>

namespace pulse::console {
namespace {

[[nodiscard]] storage::CostAnswer sample() {
    storage::CostAnswer answer;
    answer.keys = {
        storage::parse_group_key("team").value(), storage::parse_group_key("tag.env").value()};
    answer.rows = {
        {{"core", "a,\"b\""}, "USD", Money::parse("1.5").value(), 2},
        {{std::nullopt, "=1+1|x"}, "EUR", Money::parse("-0.000000000001").value(), 1}};
    answer.totals = {
        {"EUR", Money::parse("-0.000000000001").value(), 1},
        {"USD", Money::parse("1.5").value(), 2}};
    return answer;
}

TEST(CostTable, CsvQuotesAndDisarmsFormulas) {
    EXPECT_EQ(
        to_csv(sample()),
        "team,tag.env,amount,currency\r\n"
        "core,\"a,\"\"b\"\"\",1.5,USD\r\n"
        ",'=1+1|x,-0.000000000001,EUR\r\n");
}

TEST(CostTable, MarkdownIsOneTableWithTotals) {
    EXPECT_EQ(
        to_markdown(sample()),
        "| team | tag.env | amount | currency |\n"
        "| --- | --- | ---: | --- |\n"
        "| core | a,\"b\" | 1.5 | USD |\n"
        "| – | =1+1\\|x | -0.000000000001 | EUR |\n"
        "| **total** | | -0.000000000001 | EUR |\n"
        "| **total** | | 1.5 | USD |\n");
}

}  // namespace
}  // namespace pulse::console
