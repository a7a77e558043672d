#include "storage/queries/request_cursor.h"

#include "storage/queries/id_range.h"

#include <gtest/gtest.h>

namespace pulse::storage {
namespace {

const Uuid kId = *Uuid::parse("019adf2c-4b7d-7abc-8def-0123456789ab");

TEST(RequestCursor, ComesBackAsItWas) {
    const RequestCursor cursor{kId.time(), kId};

    EXPECT_EQ(parse_request_cursor(to_string(cursor)).value(), cursor);
}

TEST(RequestCursor, RefusesWhatWasNotGivenOut) {
    const std::string good = to_string({kId.time(), kId});
    std::string other_time = good;
    other_time[15] = other_time[15] == '0' ? '1' : '0';
    std::string upper = good;
    upper[20] = 'A';

    for (const std::string& bad :
         {std::string{},
          good + "0",
          good.substr(1),
          other_time,
          upper,
          std::string(48, 'f'),
          std::string(48, ' '),
          "' OR 1=1 --" + good.substr(11)}) {
        EXPECT_EQ(parse_request_cursor(bad).error().code(), Errc::invalid_request) << bad;
    }
}

TEST(IdRange, HoldsAllIdsThatBeginSo) {
    const IdRange range = ids_with_prefix("019ADF2C-4b7").value();

    EXPECT_EQ(range.first, *Uuid::parse("019adf2c-4b70-0000-0000-000000000000"));
    EXPECT_EQ(range.last, *Uuid::parse("019adf2c-4b7f-ffff-ffff-ffffffffffff"));
    EXPECT_EQ(ids_with_prefix(kId.to_string())->first, kId);
    EXPECT_EQ(ids_with_prefix(kId.to_string())->last, kId);
    EXPECT_EQ(ids_with_prefix("019adf2c4b7d7abc8def0123456789ab")->last, kId);
}

TEST(IdRange, RefusesWhatNoIdBeginsWith) {
    for (const char* bad : {"", "019adf2-c", "019g", "%", "019adf2c4b-", "-"}) {
        EXPECT_EQ(ids_with_prefix(bad).error().code(), Errc::invalid_request) << bad;
    }
    EXPECT_FALSE(ids_with_prefix(kId.to_string() + "0"));
}

}  // namespace
}  // namespace pulse::storage
