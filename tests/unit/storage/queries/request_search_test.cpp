#include "storage/queries/request_search.h"

#include "base/rfc3339.h"
#include "storage/queries/request_detail.h"
#include "tests/unit/storage/engines.h"
#include "tests/unit/storage/queries/events.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace pulse::storage::tests {
namespace {

[[nodiscard]] TimePoint at(std::string_view text) {
    return parse_rfc3339(text).value();
}

/// 240 requests over 20 days, two each 4 hours in the same millisecond but for the last digits.
[[nodiscard]] std::vector<Request> many_requests() {
    std::vector<Request> requests;
    for (std::uint64_t i = 0; i < 240; ++i) {
        Request request;
        request.number = i / 2 * 4 * 3'600'000 + i % 2;
        request.key_id = "key-" + std::to_string(i % 3);
        request.org = i % 10 == 9 ? "other" : "acme";
        request.team = "team-" + std::to_string(i % 4);
        request.project = i % 5 == 0 ? "" : "project-" + std::to_string(i % 5);
        request.user = "user-" + std::to_string(i % 6);
        request.end_user = i % 2 == 0 ? "" : "end-" + std::to_string(i % 8);
        request.provider = i % 3 == 0 ? "openai" : "anthropic";
        request.model_requested = "alias-" + std::to_string(i % 2);
        request.model_served = "model-" + std::to_string(i % 7);
        request.outcome = i % 11 == 0 ? "refused" : "answered";
        request.error_code = i % 11 == 0 ? "rate_limited" : "";
        request.status = i % 11 == 0 ? 429 : 200;
        request.stream = i % 2 == 1;
        request.cost = Money::from_pico(static_cast<std::int64_t>(i) * 999'999'999'999);
        requests.push_back(request);
    }
    return requests;
}

class RequestSearchTest : public EngineTest {
protected:
    void SetUp() override {
        EngineTest::SetUp();
        if (!IsSkipped()) {
            insert_requests(session(), requests_);
        }
    }

    [[nodiscard]] static RequestSearch anything() {
        RequestSearch search;
        search.time = {at("2026-01-01T00:00:00Z"), at("2026-03-01T00:00:00Z")};
        search.limit = RequestSearch::kRowsMax;
        return search;
    }
    /// The ids that a plain walk over all rows finds, newest first.
    template <class Wanted>
    [[nodiscard]] std::vector<Uuid> plain(Wanted is_wanted) const {
        std::vector<Uuid> ids;
        for (const Request& request : requests_) {
            if (is_wanted(request)) {
                ids.push_back(sample_id(request.number));
            }
        }
        std::sort(ids.rbegin(), ids.rend());
        return ids;
    }
    [[nodiscard]] std::vector<Uuid> found(
        const RequestSearch& search, const AccessScope& scope = AccessScope::organisation("acme")) {
        const auto page = search_requests(session(), scope, search);
        EXPECT_TRUE(page) << page.error().detail();
        std::vector<Uuid> ids;
        for (const RequestSummary& row : page->rows) {
            ids.push_back(row.id);
        }
        return ids;
    }

    const std::vector<Request> requests_ = many_requests();
};

TEST_P(RequestSearchTest, FindsWhatEachFilterNames) {
    struct Case {
        const char* name;
        std::function<void(RequestSearch&)> ask;
        std::function<bool(const Request&)> is_wanted;
    };
    const Money limit = Money::from_pico(Int128{100} * 999'999'999'999);
    const std::vector<Case> cases{
        {"all",
         [](auto&) {},
         [](const auto&) {
             return true;
         }},
        {"key",
         [](auto& s) { s.keys = {"key-1"}; },
         [](auto& r) {
             return r.key_id == "key-1";
         }},
        {"keys",
         [](auto& s) {
             s.keys = {"key-1", "key-0"};
         },
         [](auto& r) {
             return r.key_id != "key-2";
         }},
        {"team",
         [](auto& s) { s.teams = {"team-3"}; },
         [](auto& r) {
             return r.team == "team-3";
         }},
        {"project",
         [](auto& s) { s.projects = {"project-2"}; },
         [](auto& r) {
             return r.project == "project-2";
         }},
        {"user",
         [](auto& s) { s.users = {"user-5"}; },
         [](auto& r) {
             return r.user == "user-5";
         }},
        {"end user",
         [](auto& s) { s.end_users = {"end-3"}; },
         [](auto& r) {
             return r.end_user == "end-3";
         }},
        {"provider",
         [](auto& s) { s.providers = {"openai"}; },
         [](auto& r) {
             return r.provider == "openai";
         }},
        {"model",
         [](auto& s) {
             s.models = {"model-3", "alias-0"};
         },
         [](auto& r) {
             return r.model_served == "model-3" || r.model_requested == "alias-0";
         }},
        {"status",
         [](auto& s) {
             s.statuses = {429, 500};
         },
         [](auto& r) {
             return r.status == 429;
         }},
        {"outcome",
         [](auto& s) { s.outcomes = {Outcome::refused}; },
         [](auto& r) {
             return r.outcome == "refused";
         }},
        {"error code",
         [](auto& s) { s.error_codes = {"rate_limited"}; },
         [](auto& r) {
             return !r.error_code.empty();
         }},
        {"stream",
         [](auto& s) { s.stream = false; },
         [](auto& r) {
             return !r.stream;
         }},
        {"cost",
         [&](auto& s) { s.cost_min = limit; },
         [&](auto& r) {
             return r.cost >= limit;
         }},
        {"time",
         [](auto& s) {
             s.time = {at("2026-01-03T04:00:00Z"), at("2026-01-05T00:00:00.001Z")};
         },
         [](auto& r) {
             const TimePoint ts = sample_id(r.number).time();
             return ts >= at("2026-01-03T04:00:00Z") && ts < at("2026-01-05T00:00:00.001Z");
         }},
        {"several",
         [](auto& s) {
             s.keys = {"key-1"};
             s.stream = true;
             s.statuses = {200};
         },
         [](auto& r) {
             return r.key_id == "key-1" && r.stream && r.status == 200;
         }}};

    for (const Case& one : cases) {
        RequestSearch search = anything();
        one.ask(search);

        EXPECT_EQ(found(search), plain([&](const Request& request) {
                      return request.org == "acme" && one.is_wanted(request);
                  }))
            << one.name;
    }
}

TEST_P(RequestSearchTest, FindsARequestByItsIdAndByItsBeginning) {
    const Uuid id = sample_id(requests_[100].number);
    RequestSearch search = anything();
    search.id = id.to_string();
    EXPECT_EQ(found(search), std::vector{id});

    search.id.resize(12);
    const std::vector<Uuid> same_beginning = found(search);
    EXPECT_EQ(same_beginning, plain([&](const Request& request) {
                  return request.org == "acme" &&
                         sample_id(request.number).to_string().starts_with(search.id);
              }));
    EXPECT_FALSE(same_beginning.empty());

    search.id = "' OR 1=1";
    EXPECT_EQ(
        search_requests(session(), AccessScope::organisation("acme"), search).error().code(),
        Errc::invalid_request);
}

TEST_P(RequestSearchTest, ShowsNobodyWhatTheScopeHides) {
    EXPECT_EQ(
        found(anything(), AccessScope::teams("acme", {"team-1", "team-2"})),
        plain([](const Request& request) {
            return request.org == "acme" && (request.team == "team-1" || request.team == "team-2");
        }));
    EXPECT_EQ(
        found(anything(), AccessScope::own("acme", "user-1", {"key-2"})),
        plain([](const Request& request) {
            return request.org == "acme" && (request.user == "user-1" || request.key_id == "key-2");
        }));
    EXPECT_TRUE(found(anything(), AccessScope::teams("acme", {})).empty());
    EXPECT_TRUE(found(anything(), AccessScope::own("acme", "", {})).empty());
    EXPECT_TRUE(found(anything(), AccessScope::organisation("")).empty());

    // A filter asks for less than the scope allows, never for more.
    RequestSearch other_team = anything();
    other_team.teams = {"team-3"};
    EXPECT_TRUE(found(other_team, AccessScope::teams("acme", {"team-1"})).empty());
    RequestSearch by_id = anything();
    by_id.id = sample_id(requests_[9].number).to_string();  // of another organisation
    EXPECT_TRUE(found(by_id).empty());
}

TEST_P(RequestSearchTest, VisitsEachRequestOnceWhileMoreAreWritten) {
    for (const std::size_t limit : {std::size_t{1}, std::size_t{7}, std::size_t{50}}) {
        RequestSearch search = anything();
        search.limit = limit;
        std::vector<Uuid> visited;
        std::uint64_t written = 0;
        while (true) {
            const auto page =
                search_requests(session(), AccessScope::organisation("acme"), search).value();
            for (const RequestSummary& row : page.rows) {
                visited.push_back(row.id);
            }
            EXPECT_LE(page.rows.size(), limit);
            if (!page.next) {
                break;
            }
            search.after = parse_request_cursor(to_string(*page.next)).value();
            // Newer ones, as a gateway writes them: in front of where the walk is.
            Request newer;
            newer.number = 59ULL * 24 * 3'600'000 - 1'000'000 + written++;
            newer.org = "acme";
            newer.team = "later";
            if (visited.size() % 5 == 0) {
                insert_requests(session(), {newer});
            }
        }
        std::erase_if(visited, [&](const Uuid& id) { return id >= sample_id(5'000'000'000U - 1); });
        EXPECT_EQ(visited, plain([](const Request& request) { return request.org == "acme"; }));
        ASSERT_TRUE(session().run("DELETE FROM ai_request_log WHERE team = $1", {"later"}));
    }
}

TEST_P(RequestSearchTest, GivesARequestWholeToThoseWhoMaySeeIt) {
    const Uuid id = sample_id(requests_[1].number);
    ASSERT_TRUE(session().run(
        "INSERT INTO price_version (id, first_used_at) VALUES ('v1', $1), ('v2', $1)",
        {id.time()}));
    ASSERT_TRUE(session().run(
        "INSERT INTO cost_rerating (request_id, attempt, rerated_at, cost_before, cost_after,"
        " status_before, status_after, price_version_before, price_version_after)"
        " VALUES ($1, 1, $2, '0', '1.5', NULL, 'exact', 'v1', 'v2')",
        {id, id.time()}));

    const auto detail = request_detail(session(), AccessScope::teams("acme", {"team-1"}), id);
    const auto hidden = request_detail(session(), AccessScope::teams("acme", {"team-2"}), id);

    ASSERT_TRUE(detail) << detail.error().detail();
    EXPECT_EQ(detail->request->decoded.record.id, id);
    EXPECT_EQ(detail->request->decoded.record.key_id, "key-1");
    ASSERT_EQ(detail->reratings.size(), 1U);
    EXPECT_EQ(detail->reratings[0].cost_after, Money::parse("1.5").value());
    EXPECT_EQ(detail->reratings[0].price_version_after, "v2");
    EXPECT_EQ(hidden.error().code(), Errc::not_found);
    EXPECT_EQ(
        request_detail(session(), AccessScope::organisation("other"), id).error().code(),
        Errc::not_found);
}

TEST_P(RequestSearchTest, RefusesWhatIsNoQuestion) {
    RequestSearch backwards = anything();
    std::swap(backwards.time.begin, backwards.time.end);
    RequestSearch unlimited = anything();
    unlimited.limit = RequestSearch::kRowsMax + 1;
    RequestSearch many = anything();
    many.keys.assign(RequestSearch::kValuesMax + 1, "k");
    RequestSearch early = anything();
    early.time.begin = TimePoint::min();

    for (const RequestSearch& bad : {backwards, unlimited, many, early}) {
        EXPECT_EQ(
            search_requests(session(), AccessScope::organisation("acme"), bad).error().code(),
            Errc::invalid_request);
    }
}

PULSE_ON_BOTH_ENGINES(RequestSearchTest);

}  // namespace
}  // namespace pulse::storage::tests
