#include "app/serve/deferred_bill.h"

#include "app/serve/deferred_work.h"
#include "gateway/snapshot.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <set>
#include <string>

namespace pulse::app {
namespace {

using namespace std::chrono_literals;

/// A million tokens of input: the price itself.
constexpr Usage kMillion{.input_uncached = 1'000'000};
constexpr std::int64_t kUsd = 1'000'000'000'000;

class Bill : public ::testing::Test {
protected:
    Bill() {
        gateway::ProviderSettings settings;
        settings.name = "local";
        settings.base_url = "http://127.0.0.1:9/v1";
        settings.prices = {priced("small", 1), priced("large", 7)};
        gateway::GatewaySettings gateway;
        gateway.providers = {settings};
        auto routes = gateway::make_routes(gateway, pricing::Catalog::builtin());
        EXPECT_TRUE(routes);
        routes_ = *std::move(routes);
        work_.provider = "local";
        work_.object_id = "batch_1";
        maker_.key_id = "key-1";
        maker_.team = "search";
        maker_.api = Api::batches;
        maker_.request_id_caller = "of the call that began it";
        maker_.deferred = storage::Deferred::begun;
    }

    [[nodiscard]] static pricing::Model priced(std::string id, std::int64_t usd) {
        pricing::Model model;
        model.provider = "local";
        model.id = std::move(id);
        model.prices.push_back(
            {.price_class = pricing::PriceClass::input, .amount_pico = usd * kUsd});
        return model;
    }
    [[nodiscard]] const gateway::Provider* provider() const {
        return routes_->provider_named("local");
    }
    [[nodiscard]] static DeferredEnd batch_of(std::vector<llm::ModelUse> models) {
        DeferredEnd end;
        end.status = 200;
        end.tier = "batch";
        end.finish_reason = "completed";
        end.models = std::move(models);
        return end;
    }
    [[nodiscard]] static llm::ModelUse million_of(std::string model) {
        return {.model = std::move(model), .usage = kMillion, .answers = 1};
    }

    std::shared_ptr<const gateway::Routes> routes_;
    storage::DeferredWork work_;
    storage::RequestRecord maker_;
    const Uuid id_ = *Uuid::parse("019ac000-0000-7000-8000-0000000000aa");
};

TEST_F(Bill, IsOfTheKeyThatBeganItAndOfEachModelAtTheBatchRate) {
    const DeferredBill bill{
        *routes_,
        provider(),
        work_,
        maker_,
        id_,
        batch_of({million_of("small"), million_of("large")})};

    ASSERT_EQ(bill.rows().size(), 1U);
    const storage::RequestRecord& row = bill.rows()[0];
    EXPECT_EQ(row.id, id_);
    EXPECT_EQ(row.key_id, "key-1");
    EXPECT_EQ(row.team, "search");
    EXPECT_EQ(row.request_id_caller, "");
    EXPECT_EQ(row.object_id, "batch_1");
    EXPECT_EQ(row.deferred, storage::Deferred::ended);
    EXPECT_EQ(row.service_tier, "batch");
    EXPECT_EQ(row.usage.input_uncached, 2'000'000);
    EXPECT_EQ(row.cost, Money::from_pico(4 * kUsd));
    EXPECT_EQ(row.cost_status, "derived") << "half of the standard price";
    EXPECT_EQ(row.attempts[0].model, "small");
    EXPECT_EQ(row.attempts[0].cost, Money::from_pico(kUsd / 2));
    EXPECT_EQ(row.attempts[1].cost, Money::from_pico(7 * kUsd / 2));
    EXPECT_EQ(bill.cost(), row.cost);
}

TEST_F(Bill, OfAModelWithoutAPriceIsThatOfTheOneThatWasAddressed) {
    storage::AttemptRecord attempt;
    attempt.model = "large";
    const std::array<storage::AttemptRecord, 1> attempts{attempt};
    maker_.attempts = attempts;
    DeferredEnd end = batch_of({million_of("large-2026-11-01")});
    end.tier = "default";

    const DeferredBill bill{*routes_, provider(), work_, maker_, id_, end};

    EXPECT_EQ(bill.cost(), Money::from_pico(7 * kUsd));
    EXPECT_EQ(bill.rows()[0].model_served, "large-2026-11-01");
    EXPECT_EQ(bill.rows()[0].attempts[0].model, "large");
}

TEST_F(Bill, OfMoreModelsThanARowHasAttemptsIsSeveralRowsOfWhichTheLastEndsTheWork) {
    std::vector<llm::ModelUse> models(40, million_of("small"));
    DeferredEnd end = batch_of(models);
    end.stated_cost = Money::from_pico(kUsd);

    const DeferredBill bill{*routes_, provider(), work_, maker_, id_, end};
    const DeferredBill again{*routes_, provider(), work_, maker_, id_, end};

    ASSERT_EQ(bill.rows().size(), 3U);
    std::set<Uuid> ids;
    Money sum;
    for (std::size_t i = 0; i < bill.rows().size(); ++i) {
        const storage::RequestRecord& row = bill.rows()[i];
        ids.insert(row.id);
        sum += row.cost;
        EXPECT_EQ(row.id, again.rows()[i].id);
        EXPECT_EQ(row.has_stated_cost, i == 0);
        EXPECT_EQ(row.deferred == storage::Deferred::ended, i == 2);
    }
    EXPECT_EQ(ids.size(), 3U);
    EXPECT_EQ(bill.rows()[2].attempts.size(), 8U);
    EXPECT_EQ(sum, Money::from_pico(20 * kUsd));
    EXPECT_EQ(bill.cost(), sum);
}

TEST_F(Bill, OfWorkThatUsedNothingSaysSo) {
    DeferredEnd end;
    end.outcome = storage::Outcome::provider_error;
    end.error_code = "batch_expired";

    const DeferredBill bill{*routes_, nullptr, work_, maker_, id_, end};

    const storage::RequestRecord& row = bill.rows().at(0);
    EXPECT_EQ(row.cost, Money{});
    EXPECT_EQ(row.cost_status, "exact");
    EXPECT_EQ(row.usage_source, UsageSource::none);
    EXPECT_EQ(row.error_code, "batch_expired");
    ASSERT_EQ(row.attempts.size(), 1U);
    EXPECT_EQ(row.attempts[0].usage_source, UsageSource::none) << "and makes no cost event";
    EXPECT_EQ(row.attempts[0].provider, "local");
}

TEST_F(Bill, OfGuessedUsageIsAnEstimate) {
    llm::ModelUse guess = million_of("small");
    guess.is_guess = true;

    const DeferredBill bill{
        *routes_, provider(), work_, maker_, id_, batch_of({million_of("large"), guess})};

    EXPECT_EQ(bill.rows()[0].cost_status, "estimated");
    EXPECT_EQ(bill.rows()[0].attempts[0].cost_status, "derived");
    EXPECT_EQ(bill.rows()[0].attempts[1].usage_source, UsageSource::estimated);
}

TEST(DeferredWait, GrowsWithTheAgeUpToAQuarterOfAnHour) {
    EXPECT_EQ(deferred_wait(Api::responses, 0s), 2s);
    EXPECT_EQ(deferred_wait(Api::interactions, 40s), 10s);
    EXPECT_EQ(deferred_wait(Api::batches, 0s), 30s);
    EXPECT_EQ(deferred_wait(Api::message_batches, 10min), 150s);
    EXPECT_EQ(deferred_wait(Api::batches, 24h), 15min);
}

}  // namespace
}  // namespace pulse::app
