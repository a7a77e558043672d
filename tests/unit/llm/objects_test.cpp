#include "llm/objects/object_references.h"
#include "tests/unit/llm/padded.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::llm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

[[nodiscard]] std::vector<std::string> references(std::string_view body) {
    const Padded padded(body);
    const auto found = object_references(padded.view());
    EXPECT_TRUE(found.has_value()) << found.error().detail();
    return found.has_value() ? *found : std::vector<std::string>{};
}

TEST(ObjectReferences, AreFoundInAnyDepthAndDialect) {
    EXPECT_THAT(
        references(R"({"previous_response_id":"resp_1","conversation":{"id":"conv_1"},
            "input":[{"content":[{"type":"input_file","file_id":"file-1"}]}],
            "tools":[{"type":"file_search","vector_store_ids":["vs_1","vs_2"]},
                     {"type":"code_interpreter","container":{"type":"auto","file_ids":["file-1","file-2"]}}]})"),
        ElementsAre("conv_1", "file-1", "file-2", "resp_1", "vs_1", "vs_2"));
    EXPECT_THAT(
        references(R"({"conversation":"conv_2","container":"cntr_1"})"),
        ElementsAre("cntr_1", "conv_2"));
    EXPECT_THAT(
        references(R"({"cachedContent":"cachedContents/c1","contents":[{"parts":[
            {"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc"}},
            {"fileData":{"fileUri":"gs://bucket/a.png"}},{"fileData":{"fileUri":"https://youtu.be/x"}}]}]})"),
        ElementsAre("abc", "c1"));
    EXPECT_THAT(references(R"({"messages":[{"content":"my file_id is file-9"}]})"), IsEmpty());
    EXPECT_THAT(references(R"({"previous_response_id":null})"), IsEmpty());
}

TEST(ObjectReferences, AnEscapedIdIsTheSameId) {
    EXPECT_THAT(references(R"({"previous_response_id":"resp\u005f1"})"), ElementsAre("resp_1"));
}

TEST(ObjectReferences, RefusesWhatItCannotReadToItsEnd) {
    const Padded broken(R"({"input":[)");
    EXPECT_FALSE(object_references(broken.view()).has_value());
    std::string many = R"({"file_ids":[)";
    for (int i = 0; i < 300; ++i) {
        many += (i > 0 ? ",\"f" : "\"f") + std::to_string(i) + '"';
    }
    const Padded padded(many + "]}");
    EXPECT_FALSE(object_references(padded.view()).has_value());
}

TEST(CreatedObject, IsNamedByIdOrName) {
    EXPECT_EQ(created_object(R"({"id":"file-1","object":"file"})"), "file-1");
    EXPECT_EQ(created_object(R"({"file":{"name":"files/abc","uri":"x"}})"), "abc");
    EXPECT_EQ(created_object(R"({"name":"cachedContents/c1","model":"m"})"), "c1");
    EXPECT_EQ(created_object(R"({"error":{}})"), "");
    EXPECT_EQ(created_object("no"), "");
}

TEST(FilteredList, KeepsTheBytesOfWhatStays) {
    constexpr std::string_view kList =
        R"({ "object":"list", "data" : [ {"id":"a", "n":1} , {"id":"b"},{"id":"c"} ], "has_more": false })";
    EXPECT_THAT(listed_objects(kList), ElementsAre("a", "b", "c"));
    EXPECT_EQ(
        filtered_list(kList, {"a", "c"}),
        R"({ "object":"list", "data" : [{"id":"a", "n":1},{"id":"c"}], "has_more": false })");
    EXPECT_EQ(filtered_list(kList, {}), R"({ "object":"list", "data" : [], "has_more": false })");
    EXPECT_EQ(
        filtered_list(R"({"files":[{"name":"files/x"}]})", {"x"}),
        R"({"files":[{"name":"files/x"}]})");
    EXPECT_EQ(filtered_list(R"({"error":{}})", {}), "");
    EXPECT_EQ(filtered_list(R"({"data":[{"id":"a"}],"data":[{"id":"b"}]})", {}), "") << "one would be shown unread";
}

}  // namespace
}  // namespace pulse::llm
