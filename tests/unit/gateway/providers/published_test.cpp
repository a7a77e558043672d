#include "gateway/providers/credentials/published.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pulse::gateway {
namespace {

TEST(Published, ShowsWhatWasPublishedLastAndLetsGoOfTheRest) {
    auto first = std::make_shared<const std::string>("first");
    const std::weak_ptr<const std::string> gone = first;
    Published<std::string> value(std::move(first));

    EXPECT_EQ(*value.read(), "first");
    value.publish(std::make_shared<const std::string>("second"));
    EXPECT_EQ(*value.read(), "second");
    EXPECT_TRUE(gone.expired());
    value.publish(std::make_shared<const std::string>("third"));
    EXPECT_EQ(*value.read(), "third");
}

TEST(Published, LeavesToAReaderWhatHeHolds) {
    Published<std::string> value(std::make_shared<const std::string>("first"));
    const auto held = value.read();

    value.publish(std::make_shared<const std::string>("second"));

    EXPECT_EQ(*held, "first");
}

/// Each value is one number many times over: a torn or freed one would show.
TEST(Published, NeverShowsHalfOfAValueToManyReaders) {
    constexpr int kLast = 3'000;
    using Numbers = std::vector<int>;
    Published<Numbers> value(std::make_shared<const Numbers>(64, 0));
    std::atomic<int> torn{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&] {
            int seen = 0;
            while (seen < kLast) {
                const auto numbers = value.read();
                torn += numbers->front() < seen || numbers->front() != numbers->back() ? 1 : 0;
                seen = numbers->front();
            }
        });
    }

    for (int i = 1; i <= kLast; ++i) {
        value.publish(std::make_shared<const Numbers>(64, i));
    }
    for (std::thread& reader : readers) {
        reader.join();
    }

    EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace pulse::gateway
