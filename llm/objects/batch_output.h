#pragma once

#include "base/money.h"
#include "base/usage.h"
#include "llm/objects/deferred_object.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::llm {

/// What the answers of one model within a batch used, together.
struct ModelUse {
    std::string model;  ///< as served; empty: not said
    Usage usage;
    std::int64_t answers = 0;
    bool is_guess = false;  ///< some stated no usage, or numbers that contradict each other
};

/// Adds each count to its like.
void add_usage(Usage& sum, const Usage& more);

/// Reads along with the output of a batch and adds up what its answers used, each read as the same
/// answer outside a batch is. Requests that failed used nothing. Memory is bounded by kLineBytesMax
/// and kModelsMax. Value; not thread-safe.
class BatchOutput {
public:
    /// The views must live as long as it.
    struct Source {
        DeferredShape shape = DeferredShape::openai_batch;
        std::string_view provider_kind;
        Api item_api = Api::none;  ///< none: by the form of each answer
        std::string_view model;    ///< of answers that name none
    };
    explicit BatchOutput(const Source& source) : source_(source) {}

    /// The next bytes of a file whose lines are JSON objects.
    void feed(std::string_view bytes);
    /// The file is at its end; its last line may have no line end.
    void feed_end();

    /// A body that holds results in a list: Gemini's object with its inlined answers, a page of
    /// xAI's. Returns the next page's token, empty when it is the last. Nothing when the body is no
    /// JSON.
    [[nodiscard]] std::optional<std::string> read_page(std::string_view body);

    /// In the order in which they came.
    [[nodiscard]] const std::vector<ModelUse>& models() const { return models_; }
    [[nodiscard]] std::int64_t answered() const { return answered_; }
    [[nodiscard]] std::int64_t failed() const { return failed_; }
    /// What could not be read: no JSON, not an item, or longer than kLineBytesMax.
    [[nodiscard]] std::int64_t unreadable() const { return unreadable_; }
    /// What the provider says that all of it cost; nothing unless each answer says it.
    [[nodiscard]] std::optional<Money> stated_cost() const;

    static constexpr std::size_t kLineBytesMax = std::size_t{64} << 20;
    /// What further models used stands under an empty name.
    static constexpr std::size_t kModelsMax = 256;

private:
    void take_line(std::string& line);
    /// `item` is followed by kBodyPadding readable bytes.
    void take_item(std::string_view item);
    void take_answer(std::string_view answer, Api api);
    [[nodiscard]] ModelUse& of_model(std::string_view model);

    Source source_;
    std::string line_;
    bool is_line_too_long_ = false;
    std::vector<ModelUse> models_;
    std::int64_t answered_ = 0;
    std::int64_t failed_ = 0;
    std::int64_t unreadable_ = 0;
    std::int64_t stated_ = 0;
    Money stated_cost_;
};

}  // namespace pulse::llm
