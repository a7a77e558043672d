#include "gateway/metrics/cells.h"

#include <gtest/gtest.h>

namespace pulse::gateway {
namespace {

TEST(WorkerMetrics, KeepsOneCellPerLabelSet) {
    WorkerMetrics metrics;

    metrics.status("openai", "p", "m", 200).requests.add();
    metrics.status("openai", "p", "m", 200).requests.add();
    metrics.status("openai", "p", "m", 429).requests.add();

    EXPECT_EQ(metrics.status("openai", "p", "m", 200).requests.value(), 2U);
    EXPECT_EQ(metrics.status("openai", "p", "m", 429).requests.value(), 1U);
}

TEST(WorkerMetrics, AddsUsageByClass) {
    WorkerMetrics metrics;
    ModelCells& cells = metrics.model("p", "m");
    Usage usage;
    usage.input_uncached = 5;
    usage.cache_write_5m = 2;
    usage.cache_write_1h = 3;
    usage.output_total = 7;

    metrics.add_usage(cells, usage, Money::from_pico(11));

    EXPECT_EQ(cells.tokens[0].value(), 5U);
    EXPECT_EQ(cells.tokens[2].value(), 5U);
    EXPECT_EQ(cells.tokens[3].value(), 7U);
    EXPECT_EQ(cells.cost_pico.value(), 11U);
}

TEST(HistogramCells, PutsAValueIntoTheFirstBucketThatHoldsIt) {
    HistogramCells<10> cells{kOverheadBoundsUs};

    cells.observe(25);
    cells.observe(26);
    cells.observe(1'000'000);

    EXPECT_EQ(cells.count(0), 1U);
    EXPECT_EQ(cells.count(1), 1U);
    EXPECT_EQ(cells.count(10), 1U);
    EXPECT_EQ(cells.sum_us(), 1'000'051U);
}

}  // namespace
}  // namespace pulse::gateway
